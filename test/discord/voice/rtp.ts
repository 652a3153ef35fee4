/** RTP as Discord's voice servers use it: payload type 120, Opus at 48 kHz, 20 ms frames. */
export const OPUS_PAYLOAD_TYPE = 0x78;
export const FRAME_MS = 20;
export const SAMPLES_PER_FRAME = 960;
/** Ends a stretch of speech, five times; never end-to-end encrypted. */
export const SILENCE_FRAME = Buffer.from([0xf8, 0xff, 0xfe]);

const FIXED_HEADER = 12;
const EXTENSION_PREAMBLE = 4;

export interface RtpHeader {
  sequence: number;
  timestamp: number;
  ssrc: number;
  padding: boolean;
  extension: boolean;
  /** Bytes that stay clear and are authenticated: fixed header, CSRCs, the extension's preamble. */
  clearLength: number;
  /** Bytes of extension at the beginning of the decrypted payload. */
  extensionLength: number;
}

/** Undefined for anything but an Opus packet of RTP version 2. */
export function parseRtpHeader(packet: Buffer): RtpHeader | undefined {
  if (packet.length < FIXED_HEADER) return undefined;
  const first = packet.readUInt8(0);
  if (first >> 6 !== 2 || (packet.readUInt8(1) & 0x7f) !== OPUS_PAYLOAD_TYPE) return undefined;
  const extension = (first & 0x10) !== 0;
  const contributors = (first & 0x0f) * 4;
  const clearLength = FIXED_HEADER + contributors + (extension ? EXTENSION_PREAMBLE : 0);
  if (packet.length < clearLength) return undefined;
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    padding: (first & 0x20) !== 0,
    extension,
    clearLength,
    extensionLength: extension ? packet.readUInt16BE(clearLength - 2) * 4 : 0,
  };
}

/** Takes extension and padding off a decrypted payload; undefined when their lengths cannot be. */
export function mediaPayload(header: RtpHeader, payload: Buffer): Buffer | undefined {
  const padding = header.padding ? (payload.at(-1) ?? 0) : 0;
  if (header.extensionLength + padding > payload.length) return undefined;
  return payload.subarray(header.extensionLength, payload.length - padding);
}

export interface OutgoingPacket {
  sequence: number;
  timestamp: number;
  ssrc: number;
  media: Buffer;
  extension: boolean;
  padding: boolean;
}

/** One word of one-byte extension elements (RFC 8285): an audio level, as real clients send. */
const EXTENSION_BODY = Buffer.from([0x10, 0xff, 0, 0]);
const PADDING_BODY = Buffer.from([0, 0, 0, 4]);

/** The clear header and the payload that is to be encrypted behind it. */
export function buildRtp(packet: OutgoingPacket): { header: Buffer; payload: Buffer } {
  const header = Buffer.alloc(FIXED_HEADER + (packet.extension ? EXTENSION_PREAMBLE : 0));
  header.writeUInt8(0x80 | (packet.extension ? 0x10 : 0) | (packet.padding ? 0x20 : 0), 0);
  header.writeUInt8(OPUS_PAYLOAD_TYPE, 1);
  header.writeUInt16BE(packet.sequence & 0xffff, 2);
  header.writeUInt32BE(packet.timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc, 8);
  if (packet.extension) {
    header.writeUInt16BE(0xbede, FIXED_HEADER);
    header.writeUInt16BE(1, FIXED_HEADER + 2);
  }
  const parts = [packet.media];
  if (packet.extension) parts.unshift(EXTENSION_BODY);
  if (packet.padding) parts.push(PADDING_BODY);
  return { header, payload: Buffer.concat(parts) };
}
