/**
 * What the voice library does to a packet before it is sent and after it came: it keeps these methods to itself, so they
 * are called by name. AES-256-GCM, which Discord prefers.
 */
import { randomBytes } from 'node:crypto';
import { Networking, VoiceReceiver } from '@discordjs/voice';

const MODE = 'aead_aes256_gcm_rtpsize';
const TIMESTAMP_STEP = 960;

/** One direction of one connection. */
export class SessionCipher {
  readonly #connection;
  readonly #dave: { encrypt(packet: Buffer): Buffer } | undefined;

  /** @param encrypt end to end, before the transport's encryption; undefined: there is none */
  constructor(ssrc: number, encrypt?: (packet: Buffer) => Buffer) {
    this.#connection = {
      ssrc,
      sequence: 0,
      timestamp: 0,
      secretKey: new Uint8Array(randomBytes(32)),
      encryptionMode: MODE,
      nonce: 0,
      nonceBuffer: Buffer.alloc(12),
    };
    this.#dave = encrypt === undefined ? undefined : { encrypt };
  }

  /** The packet as it goes over UDP, and the next sequence number. */
  seal(opus: Buffer): Buffer {
    const connection = this.#connection;
    connection.sequence = (connection.sequence + 1) & 0xffff;
    connection.timestamp = (connection.timestamp + TIMESTAMP_STEP) >>> 0;
    return call(Networking.prototype, 'createAudioPacket', [opus, connection, this.#dave]);
  }

  /** Takes the transport's encryption off again. */
  open(packet: Buffer): Buffer {
    const { secretKey, nonceBuffer } = this.#connection;
    return call(VoiceReceiver.prototype, 'decrypt', [packet, MODE, nonceBuffer, secretKey]);
  }
}

function call(prototype: object, method: string, args: readonly unknown[]): Buffer {
  const found: unknown = Reflect.get(prototype, method);
  if (typeof found !== 'function') throw new Error(`the voice library has no method ${method} any more`);
  const result: unknown = Reflect.apply(found, prototype, args);
  if (!Buffer.isBuffer(result)) throw new Error(`${method} of the voice library gave no packet`);
  return result;
}
