/** The TLS presentation language as MLS uses it (RFC 9420 section 2.1): big-endian, variable-length vectors. */
export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** The length prefix of a vector: 1, 2 or 4 bytes, the two highest bits say which. */
export function vectorLength(length: number): Buffer {
  if (length < 0x40) return u8(length);
  if (length < 0x4000) return u16(0x4000 | length);
  if (length < 0x4000_0000) return u32((0x8000_0000 | length) >>> 0);
  throw new RangeError(`a vector of ${length} bytes is longer than MLS allows (2^30 - 1)`);
}

export function vector(bytes: Uint8Array): Buffer {
  return Buffer.concat([vectorLength(bytes.length), bytes]);
}
