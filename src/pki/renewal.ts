import { createHash } from 'node:crypto';

/** What is spread: this part of the life, behind the two thirds. */
const JITTER = 0.05;

/**
 * When to renew: after two thirds of the life, so that a renewal that fails has time left to be mended in. With a seed
 * up to a twentieth of the life later, so that what was made together is not renewed together; the same certificate and
 * seed give the same time in every process, which is why nothing has to be remembered.
 * @param seed what the certificate belongs to, such as a Job's name @defaultValue no jitter
 */
export function renewalTime(
  certificate: { readonly notBefore: Date; readonly notAfter: Date },
  seed?: string,
): Date {
  const begin = certificate.notBefore.getTime();
  const life = certificate.notAfter.getTime() - begin;
  const jitter = seed === undefined ? 0 : JITTER * fraction(`${begin} ${seed}`);
  return new Date(begin + life * (2 / 3 + jitter));
}

/** From 0 to 1 without 1, by the text alone. */
export function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
