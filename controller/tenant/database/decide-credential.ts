// Which of two alternating logins holds the password, and when it is the other's turn: pure. A password is never changed
// while a Secret names it; the other login gets a new one, and the Secret then names that. So whoever still has the old
// one connects with it until the next change.
import { otherTurn, type Turn } from '../../../src/store/roles/specification.ts';

export interface CredentialObservation {
  readonly now: Date;
  /** How long a password is used, milliseconds. */
  readonly rotationMs: number;
  /** What the Secret holds; undefined: none, or nothing of these logins. */
  readonly held: { readonly turn: Turn; readonly issuedAt: Date | undefined } | undefined;
  /** Its DSN differs in something else than role and password: the server has moved. */
  readonly moved: boolean;
  /** Which login was given a password last, as the database has it. */
  readonly lastIssued: Turn | undefined;
}

export type CredentialDecision =
  | { readonly kind: 'keep'; readonly until: Date }
  /** The same password at another address. */
  | { readonly kind: 'move'; readonly until: Date }
  | { readonly kind: 'issue'; readonly turn: Turn; readonly why: 'lost' | 'due' };

export function decideCredential(o: CredentialObservation): CredentialDecision {
  if (o.held === undefined) {
    // Whoever reads the lost one's password from a file still gets in with it.
    return { kind: 'issue', turn: o.lastIssued === undefined ? 'a' : otherTurn(o.lastIssued), why: 'lost' };
  }
  const { turn, issuedAt } = o.held;
  const until = new Date((issuedAt?.getTime() ?? 0) + o.rotationMs);
  if (until <= o.now) return { kind: 'issue', turn: otherTurn(turn), why: 'due' };
  return o.moved ? { kind: 'move', until } : { kind: 'keep', until };
}
