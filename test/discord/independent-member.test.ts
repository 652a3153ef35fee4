import { createDecipheriv, createHmac } from 'node:crypto';
import davey from '@snazzah/davey';
import {
  decodeMlsMessage,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  mlsExporter,
} from 'ts-mls';
import { expect, test } from 'vitest';
import { ExternalSender } from './mls/external-sender.ts';
import { parseKeyPackage } from './mls/messages.ts';
import { u16, u64, vector } from './mls/writer.ts';
import { DeliveryGroup } from './voice/group.ts';

const SUITE = 'MLS_128_DHKEMP256_AES128GCM_SHA256_P256';
const CHANNEL = '927310423890473011';
const ALICE = '158049329150427136';
const BOB = '158533742254751744';

test('a ts-mls member joins a davey group through the delivery service and decrypts its frames', async () => {
  const sender = new ExternalSender();
  const group = new DeliveryGroup(sender, u64(BigInt(CHANNEL)));
  const alice = new davey.DAVESession(1, ALICE, CHANNEL);
  alice.setExternalSender(sender.package());
  group.proposeAdd(ALICE, parseKeyPackage(alice.getSerializedKeyPackage()).bytes);

  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
  const bob = await generateKeyPackage(
    { credentialType: 'basic', identity: new Uint8Array(u64(BigInt(BOB))) },
    { versions: ['mls10'], ciphersuites: [SUITE], extensions: [], proposals: [], credentials: ['basic'] },
    { notBefore: 0n, notAfter: 2n ** 64n - 1n },
    [],
    suite,
  );
  // As an MLSMessage this time: the parser takes both forms.
  const message = Buffer.from(
    encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: bob.publicPackage }),
  );
  const parsed = parseKeyPackage(message);
  expect(parsed.userId).toBe(BOB);
  const proposal = group.proposeAdd(BOB, parsed.bytes);

  const { commit, welcome } = alice.processProposals(0, vector(proposal.message), [ALICE, BOB]);
  if (!commit || !welcome) throw new Error('davey made no commit');
  const verdict = group.commit(ALICE, Buffer.concat([commit, welcome]));
  if (verdict.kind !== 'accepted' || !verdict.welcome) throw new Error(JSON.stringify(verdict));
  expect(verdict.added).toEqual([BOB]);
  alice.processCommit(verdict.commit);

  const decoded = decodeMlsMessage(new Uint8Array(Buffer.concat([u16(1), u16(3), verdict.welcome])), 0)?.[0];
  if (decoded?.wireformat !== 'mls_welcome') throw new Error('the welcome cannot be read');
  const state = await joinGroup(decoded.welcome, bob.publicPackage, bob.privatePackage, emptyPskIndex, suite);
  expect(state.groupContext.epoch).toBe(group.epoch);
  expect(Buffer.from(state.groupContext.groupId)).toEqual(u64(BigInt(CHANNEL)));

  const identity = Buffer.alloc(8);
  identity.writeBigUInt64LE(BigInt(ALICE));
  const base = await mlsExporter(
    state.keySchedule.exporterSecret,
    'Discord Secure Frames v0',
    new Uint8Array(identity),
    16,
    suite,
  );
  const opus = Buffer.from('an opus packet of sixty bytes or so, it does not matter which');
  expect(decryptFrame(alice.encryptOpus(opus), ratchetKey(Buffer.from(base)))).toEqual(opus);
});

/** Generation 0 of the sender's ratchet: DeriveTreeSecret(base, "key", 0, 16). */
function ratchetKey(base: Buffer): Buffer {
  const info = Buffer.concat([
    u16(16),
    vector(Buffer.from('MLS 1.0 key')),
    vector(Buffer.alloc(4)),
    Buffer.from([1]),
  ]);
  return createHmac('sha256', base).update(info).digest().subarray(0, 16);
}

/** Ciphertext, 8-byte tag, ULEB128 nonce, size of all that follows the ciphertext, FA FA. */
function decryptFrame(frame: Buffer, key: Buffer): Buffer {
  const size = frame.readUInt8(frame.length - 3);
  const ciphertext = frame.subarray(0, frame.length - size);
  const supplement = frame.subarray(frame.length - size);
  const iv = Buffer.alloc(12);
  iv.writeUInt32LE(supplement.readUInt8(8), 8); // the first nonces fit into one byte
  const decipher = createDecipheriv('aes-128-gcm', key, iv, { authTagLength: 8 });
  decipher.setAuthTag(supplement.subarray(0, 8));
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}
