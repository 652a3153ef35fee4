import { constants, createDeflate, createZstdCompress } from 'node:zlib';

/** Turns one payload into what goes over the socket. Calls must be awaited in order: the streams have state. */
export interface Encoder {
  encode(json: string): Promise<string | Buffer>;
  close(): void;
}

const plain: Encoder = { encode: async (json) => json, close: () => {} };

/**
 * Transport compression as the `compress` query parameter asks for it: one stream per connection,
 * flushed after each payload. `@discordjs/ws` asks for none by default.
 */
export function encoderFor(compress: string | null): Encoder | undefined {
  if (compress === null) return plain;
  if (compress === 'zlib-stream') {
    return streaming(createDeflate({ flush: constants.Z_SYNC_FLUSH }));
  }
  if (compress === 'zstd-stream') {
    return streaming(createZstdCompress());
  }
  return undefined;
}

function streaming(
  stream: ReturnType<typeof createDeflate> | ReturnType<typeof createZstdCompress>,
): Encoder {
  let chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  let tail: Promise<unknown> = Promise.resolve();
  const encode = (json: string) =>
    new Promise<Buffer>((resolve, reject) => {
      stream.write(json, (error) => error && reject(error));
      stream.flush(() => {
        resolve(Buffer.concat(chunks));
        chunks = [];
      });
    });
  return {
    encode: (json) => {
      const result = tail.then(() => encode(json));
      tail = result.catch(() => {});
      return result;
    },
    close: () => stream.close(),
  };
}
