/** Two members of one end-to-end encrypted group, without a server between them. */
import davey from '@snazzah/davey';
import { ExternalSender } from '../../test/discord/mls/external-sender.ts';
import { parseKeyPackage } from '../../test/discord/mls/messages.ts';
import { u64, vector } from '../../test/discord/mls/writer.ts';
import { DeliveryGroup } from '../../test/discord/voice/group.ts';

const CHANNEL = '927310423890473011';
const [ALICE, BOB] = ['158049329150427136', '158533742254751744'] as const;
const VERSION = 1;
const AUDIO = 0;

export interface DavePair {
  encrypt(opus: Buffer): Buffer;
  /** What the other one makes of it. */
  decrypt(packet: Buffer): Buffer;
}

export function davePair(): DavePair {
  const sender = new ExternalSender();
  const group = new DeliveryGroup(sender, u64(BigInt(CHANNEL)));
  const member = (userId: string) => {
    const session = new davey.DAVESession(VERSION, userId, CHANNEL);
    session.setExternalSender(sender.package());
    return {
      session,
      proposal: group.proposeAdd(userId, parseKeyPackage(session.getSerializedKeyPackage()).bytes),
    };
  };
  const [alice, bob] = [member(ALICE), member(BOB)];
  const { commit, welcome } = alice.session.processProposals(0, vector(bob.proposal.message), [ALICE, BOB]);
  if (commit === undefined || welcome === undefined) throw new Error('davey founded no group');
  const verdict = group.commit(ALICE, Buffer.concat([commit, welcome]));
  if (verdict.kind !== 'accepted' || verdict.welcome === undefined)
    throw new Error(`the group is ${verdict.kind}`);
  alice.session.processCommit(verdict.commit);
  bob.session.processWelcome(verdict.welcome);
  return {
    encrypt: (opus) => alice.session.encryptOpus(opus),
    decrypt: (packet) => bob.session.decrypt(ALICE, AUDIO, packet),
  };
}
