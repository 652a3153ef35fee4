/**
 * Whether a request comes from Discord: an Ed25519 signature with the application's key over timestamp and body, and not
 * older than a recorded one may be.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface SignedRequest {
  /** As the URL names it. */
  readonly applicationId: string;
  /** Header x-signature-timestamp: seconds since 1970. */
  readonly timestamp: string;
  /** Header x-signature-ed25519: 128 hexadecimal digits. */
  readonly signature: string;
  /** As it came, byte by byte. */
  readonly body: Buffer;
}

/** `malformed`: no signature or timestamp; `stale`: of another time; `wrong`: not Discord's, or changed on the way. */
export type SignatureProblem = 'malformed' | 'stale' | 'wrong';

/** How far the timestamp may be from now, in either direction, milliseconds. */
export const MAX_AGE_MS = 5 * 60_000;

const SIGNATURE = /^[0-9a-fA-F]{128}$/;
const TIMESTAMP = /^[0-9]{1,12}$/;
const PUBLIC_KEY = /^[0-9a-f]{64}$/;
/** What stands before the 32 bytes of an Ed25519 key in its DER form. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** What can be said before the body is there. */
export function checkHeaders(
  { timestamp, signature }: Pick<SignedRequest, 'timestamp' | 'signature'>,
  nowMs: number,
): SignatureProblem | undefined {
  if (!SIGNATURE.test(signature) || !TIMESTAMP.test(timestamp)) return 'malformed';
  return Math.abs(nowMs - Number(timestamp) * 1000) > MAX_AGE_MS ? 'stale' : undefined;
}

/** @param publicKey 64 hexadecimal digits */
export function checkSignature(
  request: SignedRequest,
  publicKey: string,
  nowMs: number,
): SignatureProblem | undefined {
  const problem = checkHeaders(request, nowMs);
  if (problem !== undefined) return problem;
  const key = keyOf(publicKey);
  if (key === undefined) return 'wrong';
  const signed = Buffer.concat([Buffer.from(request.timestamp), request.body]);
  return verify(null, signed, key, Buffer.from(request.signature, 'hex')) ? undefined : 'wrong';
}

function keyOf(publicKey: string): KeyObject | undefined {
  if (!PUBLIC_KEY.test(publicKey)) return undefined;
  const der = Buffer.concat([SPKI, Buffer.from(publicKey, 'hex')]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
