/** A message ended early or has a length that cannot be: the peer's fault, never a crash of the server. */
export class MlsFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MlsFormatError';
  }
}

/** Reads the TLS presentation language; every step is checked against the end of the message. */
export class MlsReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  take(length: number): Buffer {
    if (length > this.remaining) {
      throw new MlsFormatError(
        `${length} bytes wanted at offset ${this.#offset}, ${this.remaining} are left of ${this.#bytes.length}`,
      );
    }
    const part = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return part;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  /** Length prefixes must be minimal (RFC 9420 section 2.1.2). */
  vectorLength(): number {
    const first = this.u8();
    const size = 1 << (first >> 6);
    if (size === 8) throw new MlsFormatError(`length prefix 0x${first.toString(16)} is not allowed`);
    let length = first & 0x3f;
    for (let index = 1; index < size; index += 1) length = length * 256 + this.u8();
    if ((size === 2 && length < 0x40) || (size === 4 && length < 0x4000)) {
      throw new MlsFormatError(`length ${length} is not in its shortest form`);
    }
    return length;
  }

  vector(): Buffer {
    return this.take(this.vectorLength());
  }

  /** Everything between two offsets of the whole message. */
  slice(from: number, to: number): Buffer {
    return this.#bytes.subarray(from, to);
  }

  rest(): Buffer {
    return this.take(this.remaining);
  }
}
