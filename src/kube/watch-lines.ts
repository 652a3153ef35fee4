/** Splits a watch's byte stream into lines of JSON. */

/** An object is at most a few MiB in etcd; a longer line means that this is not a watch stream. */
const longestLine = 64 * 1024 * 1024;

/**
 * Yields each line once its newline has come, as text. Bytes are joined before they are decoded, so a character
 * cut in two by a chunk border stays whole. A last line without newline was cut off in transit and is dropped.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const tail = chunk.subarray(start, end);
      const line = pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) yield line.toString('utf8');
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > longestLine) {
        throw new Error(`a line of the watch stream is longer than ${longestLine} bytes`);
      }
    }
  }
}
