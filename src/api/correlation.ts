import { createHash } from 'node:crypto';

/**
 * The reference of an interaction, eight hexadecimal digits: the same wherever the interaction is brought again, short
 * enough to be read aloud, and what the name of a session that it starts ends in.
 */
export function correlationIdOf(interactionId: string): string {
  return createHash('sha256').update(interactionId).digest('hex').slice(0, 8);
}
