// Passwords of the roles that the operator makes. PostgreSQL is given what it stores (RFC 5803), computed here: the
// password itself is in no statement, and so in no log of the server.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's own default. A password of 256 random bits gains nothing from more. */
const ITERATIONS = 4096;

/** 256 random bits in characters that need no escaping in a URL. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * What `ALTER ROLE … PASSWORD` takes instead of the password.
 * @param password ASCII: nothing is normalised (SASLprep)
 * @param salt 16 bytes. @defaultValue random ones
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyOf = (what: string): Buffer => createHmac('sha256', salted).update(what).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const server = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
