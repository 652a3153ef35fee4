import { expect, test } from 'vitest';
import { type CredentialObservation, decideCredential } from './decide-credential.ts';

const NOW = new Date('2030-06-01T20:00:00Z');
const HOUR = 3_600_000;
const before = (hours: number) => new Date(NOW.getTime() - hours * HOUR);

function decide(changes: Partial<CredentialObservation> = {}) {
  return decideCredential({
    now: NOW,
    rotationMs: 24 * HOUR,
    held: { turn: 'a', issuedAt: before(1) },
    moved: false,
    lastIssued: 'a',
    ...changes,
  });
}

test('a password that is not old stays, until it is', () => {
  expect(decide()).toEqual({ kind: 'keep', until: new Date(NOW.getTime() + 23 * HOUR) });
});

test('when it is due the other login gets a new one, whichever the database says was last', () => {
  expect(decide({ held: { turn: 'a', issuedAt: before(24) } })).toEqual({
    kind: 'issue',
    turn: 'b',
    why: 'due',
  });
  // An operator died between the database and the Secret: b's password is in no Secret.
  expect(decide({ held: { turn: 'a', issuedAt: before(25) }, lastIssued: 'b' })).toMatchObject({ turn: 'b' });
});

test('a Secret that does not say since when counts as due', () => {
  expect(decide({ held: { turn: 'b', issuedAt: undefined } })).toMatchObject({ kind: 'issue', turn: 'a' });
});

test('a lost Secret is replaced without touching the password that was in it', () => {
  expect(decide({ held: undefined, lastIssued: 'b' })).toEqual({ kind: 'issue', turn: 'a', why: 'lost' });
  expect(decide({ held: undefined, lastIssued: undefined })).toMatchObject({ turn: 'a' });
});

test('a server that has moved changes the address and nothing else', () => {
  expect(decide({ moved: true })).toMatchObject({ kind: 'move' });
});
