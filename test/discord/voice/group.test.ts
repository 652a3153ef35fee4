import davey from '@snazzah/davey';
import { expect, test } from 'vitest';
import { ExternalSender } from '../mls/external-sender.ts';
import { parseKeyPackage } from '../mls/messages.ts';
import { u64, vector } from '../mls/writer.ts';
import { DeliveryGroup, type OutstandingProposal } from './group.ts';

const CHANNEL = '927310423890473011';
const [ALICE, BOB, CAROL] = ['158049329150427136', '158533742254751744', '158533742254751745'] as const;

function setUp() {
  const sender = new ExternalSender();
  const group = new DeliveryGroup(sender, u64(BigInt(CHANNEL)));
  const sessions = new Map(
    [ALICE, BOB, CAROL].map((user) => {
      const session = new davey.DAVESession(1, user, CHANNEL);
      session.setExternalSender(sender.package());
      return [user, session] as const;
    }),
  );
  const session = (user: string) => {
    const found = sessions.get(user as typeof ALICE);
    if (!found) throw new Error(`no session of ${user}`);
    return found;
  };
  const add = (user: string) =>
    group.proposeAdd(user, parseKeyPackage(session(user).getSerializedKeyPackage()).bytes);
  const commitOf = (user: string, ...proposals: OutstandingProposal[]) => {
    let body: Buffer | undefined;
    for (const proposal of proposals) {
      const { commit, welcome } = session(user).processProposals(0, vector(proposal.message), [
        ALICE,
        BOB,
        CAROL,
      ]);
      if (commit) body = welcome ? Buffer.concat([commit, welcome]) : commit;
    }
    if (!body) throw new Error('davey made no commit');
    return body;
  };
  return { group, session, add, commitOf };
}

test('the first valid commit founds the group, a later one for the same epoch is stale', () => {
  const { group, add, commitOf } = setUp();
  const [a, b] = [add(ALICE), add(BOB)];
  const [fromAlice, fromBob] = [commitOf(ALICE, b), commitOf(BOB, a)];
  expect(group.commit(ALICE, fromAlice)).toMatchObject({ kind: 'accepted', added: [BOB], initial: true });
  expect(group.commit(BOB, fromBob)).toMatchObject({ kind: 'stale' });
  expect(group.epoch).toBe(1n);
  expect(group.members).toEqual([ALICE, BOB]);
});

test('a commit that leaves an open proposal out is refused', () => {
  const { group, add, commitOf } = setUp();
  add(ALICE);
  const early = commitOf(ALICE, add(BOB));
  add(CAROL);
  expect(group.commit(ALICE, early)).toEqual({ kind: 'refused', reason: 'commits 1 proposals, 2 are open' });
});

test('a commit in the name of another member is refused', () => {
  const { group, session, add, commitOf } = setUp();
  add(ALICE);
  const verdict = group.commit(ALICE, commitOf(ALICE, add(BOB)));
  if (verdict.kind !== 'accepted' || !verdict.welcome) throw new Error('refused');
  session(ALICE).processCommit(verdict.commit);
  session(BOB).processWelcome(verdict.welcome);
  expect(group.commit(BOB, commitOf(ALICE, add(CAROL)))).toEqual({
    kind: 'refused',
    reason: `leaf 0 is not ${BOB}`,
  });
});

test('a newcomer takes the leaf of somebody who left', () => {
  const { group, session, add, commitOf } = setUp();
  const commit = (...proposals: OutstandingProposal[]) => {
    const verdict = group.commit(ALICE, commitOf(ALICE, ...proposals));
    if (verdict.kind !== 'accepted') throw new Error(verdict.reason);
    session(ALICE).processCommit(verdict.commit);
  };
  add(ALICE);
  commit(add(BOB), add(CAROL));
  expect(group.members).toEqual([ALICE, BOB, CAROL]);
  const removal = group.proposeRemove(BOB);
  if (!removal) throw new Error('Bob is not in the group');
  expect(group.proposeRemove(BOB)).toBeUndefined();
  commit(removal);
  expect(group.members).toEqual([ALICE, CAROL]);
  commit(add(BOB));
  expect(group.members).toEqual([ALICE, BOB, CAROL]);
  expect(session(ALICE).getUserIds().toSorted()).toEqual([ALICE, BOB, CAROL].toSorted());
});
