import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

export const TRANSPORT_MODES = ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize'] as const;
export type TransportMode = (typeof TRANSPORT_MODES)[number];

const TAG = 16;
const COUNTER = 4;

export function isTransportMode(mode: string): mode is TransportMode {
  return TRANSPORT_MODES.some((known) => known === mode);
}

/**
 * The `rtpsize` modes: the clear RTP header is the additional data, a 32-bit counter at the packet's end
 * fills the first bytes of the nonce.
 */
export function sealPacket(
  mode: TransportMode,
  key: Uint8Array,
  header: Buffer,
  payload: Buffer,
  counter: number,
): Buffer {
  const suffix = Buffer.alloc(COUNTER);
  suffix.writeUInt32BE(counter >>> 0);
  if (mode === 'aead_aes256_gcm_rtpsize') {
    const nonce = Buffer.alloc(12);
    suffix.copy(nonce);
    const cipher = createCipheriv('aes-256-gcm', aesKey(key), nonce);
    cipher.setAAD(header);
    return Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag(), suffix]);
  }
  const nonce = Buffer.alloc(24);
  suffix.copy(nonce);
  return Buffer.concat([header, xchacha20poly1305(key, nonce, header).encrypt(payload), suffix]);
}

/** Undefined when the packet is too short or its tag is wrong. */
export function openPacket(
  mode: TransportMode,
  key: Uint8Array,
  packet: Buffer,
  clearLength: number,
): Buffer | undefined {
  if (packet.length < clearLength + TAG + COUNTER) return undefined;
  const header = packet.subarray(0, clearLength);
  const suffix = packet.subarray(packet.length - COUNTER);
  try {
    if (mode === 'aead_aes256_gcm_rtpsize') {
      const nonce = Buffer.alloc(12);
      suffix.copy(nonce);
      const decipher = createDecipheriv('aes-256-gcm', aesKey(key), nonce);
      decipher.setAAD(header);
      decipher.setAuthTag(packet.subarray(packet.length - COUNTER - TAG, packet.length - COUNTER));
      const sealed = packet.subarray(clearLength, packet.length - COUNTER - TAG);
      return Buffer.concat([decipher.update(sealed), decipher.final()]);
    }
    const nonce = Buffer.alloc(24);
    suffix.copy(nonce);
    const sealed = packet.subarray(clearLength, packet.length - COUNTER);
    return Buffer.from(xchacha20poly1305(key, nonce, header).decrypt(sealed));
  } catch {
    return undefined;
  }
}

const aesKeys = new WeakMap<Uint8Array, KeyObject>();

/** Made once: from bytes Node 24 makes one for each packet, and an exception on the way. */
function aesKey(bytes: Uint8Array): KeyObject {
  const known = aesKeys.get(bytes) ?? createSecretKey(bytes);
  aesKeys.set(bytes, known);
  return known;
}
