import type { RawData } from 'ws';

/** A WebSocket message as one Buffer, however `ws` delivers it. */
export function rawBytes(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
