/** A PNG of one byte a pixel, each a colour of a palette. (Portable Network Graphics Specification, third edition.) */
import { crc32, deflateSync } from 'node:zlib';

export type Colour = readonly [red: number, green: number, blue: number];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const INDEXED = 3;

/** @param pixels row by row, from the top left; `palette` has a colour for each value */
export function png(width: number, height: number, pixels: Uint8Array, palette: readonly Colour[]): Buffer {
  if (pixels.length !== width * height)
    throw new RangeError(`${pixels.length} pixels are not ${width} x ${height}`);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED], 8);
  const rows = Buffer.alloc((width + 1) * height);
  // Each row begins with the number of its filter: none.
  for (let row = 0; row < height; row++) {
    rows.set(pixels.subarray(row * width, (row + 1) * width), row * (width + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** 256 colours that run evenly from the first to the last of these. */
export function gradient(anchors: readonly Colour[]): Colour[] {
  return Array.from({ length: 256 }, (_, value) => {
    const at = (value / 255) * (anchors.length - 1);
    const from = anchors[Math.floor(at)] ?? [0, 0, 0];
    const to = anchors[Math.ceil(at)] ?? from;
    const mix = (a: number, b: number): number => Math.round(a + (b - a) * (at - Math.floor(at)));
    return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2])];
  });
}
