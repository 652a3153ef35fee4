import { constants, createInflate, createZstdDecompress } from 'node:zlib';
import { expect, test } from 'vitest';
import { encoderFor } from './compression.ts';

/** Feeds the messages one by one and collects what each of them yields. */
async function decode(
  stream: ReturnType<typeof createInflate> | ReturnType<typeof createZstdDecompress>,
  messages: readonly (string | Buffer)[],
): Promise<string[]> {
  const texts: string[] = [];
  for (const message of messages) {
    const arrived = new Promise<string>((resolve) =>
      stream.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8'))),
    );
    stream.write(message);
    texts.push(await arrived);
  }
  stream.close();
  return texts;
}

const payloads = ['{"op":10}', '{"op":0,"d":"ä"}', '{"op":11}'];

test.each([
  ['zlib-stream', () => createInflate({ finishFlush: constants.Z_SYNC_FLUSH })],
  ['zstd-stream', () => createZstdDecompress()],
])(
  '%s: every payload can be read as soon as it is sent, even when they were sent at once',
  async (name, stream) => {
    const encoder = encoderFor(name);
    if (!encoder) throw new Error(`${name} is not known`);
    const messages = await Promise.all(payloads.map((payload) => encoder.encode(payload)));
    encoder.close();
    expect(await decode(stream(), messages)).toEqual(payloads);
  },
);

test('an unknown compression is not served', () => {
  expect(encoderFor('brotli')).toBeUndefined();
});
