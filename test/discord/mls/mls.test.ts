import davey from '@snazzah/davey';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExternalSender } from './external-sender.ts';
import { parseCommitWelcome, parseKeyPackage } from './messages.ts';
import { MlsFormatError, MlsReader } from './reader.ts';
import { u8, u16, u32, u64, vector, vectorLength } from './writer.ts';

const CHANNEL = '927310423890473011';
const [ALICE, BOB] = ['158049329150427136', '158533742254751744'];
const GROUP = u64(BigInt(CHANNEL));

describe('presentation language', () => {
  // RFC 9420 section 2.1.2 and RFC 9000 appendix A.1.
  test.each([
    ['25', 37],
    ['7bbd', 15_293],
    ['9d7f3e7d', 494_878_333],
  ])('length %s is %i', (hex, length) => {
    expect(vectorLength(length).toString('hex')).toBe(hex);
    expect(new MlsReader(Buffer.from(hex, 'hex')).vectorLength()).toBe(length);
  });

  test('every length survives a round trip in its shortest form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x3fff_ffff }), (length) => {
        const written = vectorLength(length);
        expect(new MlsReader(written).vectorLength()).toBe(length);
        expect(written.length).toBe(length < 64 ? 1 : length < 16_384 ? 2 : 4);
      }),
    );
  });

  test('integers and vectors survive a round trip', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (bytes, big) => {
          const reader = new MlsReader(
            Buffer.concat([u8(7), u16(65_535), u32(4_294_967_295), u64(big), vector(bytes)]),
          );
          expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
            7,
            65_535,
            4_294_967_295,
            big,
          ]);
          expect(reader.vector()).toEqual(Buffer.from(bytes));
          expect(reader.remaining).toBe(0);
        },
      ),
    );
  });

  test.each([
    ['a length that is not minimal', '4001ff'],
    ['the forbidden prefix', 'c000000000000000'],
    ['a vector longer than the message', '05aabb'],
    ['an empty message', ''],
  ])('%s is refused', (_, hex) => {
    expect(() => new MlsReader(Buffer.from(hex, 'hex')).vector()).toThrow(MlsFormatError);
  });
});

function founders() {
  const sender = new ExternalSender();
  const alice = new davey.DAVESession(1, ALICE, CHANNEL);
  const bob = new davey.DAVESession(1, BOB, CHANNEL);
  for (const session of [alice, bob]) session.setExternalSender(sender.package());
  return { sender, alice, bob, keyPackage: bob.getSerializedKeyPackage() };
}

describe('messages of davey', () => {
  test('a key package tells its user', () => {
    const { keyPackage } = founders();
    const parsed = parseKeyPackage(keyPackage);
    expect(parsed.userId).toBe(BOB);
    expect(parsed.bytes).toEqual(keyPackage);
  });

  test('a commit is told from the welcome behind it, and names the proposals by reference', () => {
    const { sender, alice, bob, keyPackage } = founders();
    const proposal = sender.add(GROUP, 0n, keyPackage);
    const { commit, welcome } = alice.processProposals(0, vector(proposal.message), [ALICE, BOB]);
    if (!commit || !welcome) throw new Error('davey made no commit');
    const parsed = parseCommitWelcome(Buffer.concat([commit, welcome]));
    expect(parsed).toMatchObject({ epoch: 0n, sender: 0, references: [proposal.reference], groupId: GROUP });
    expect(parsed.commit).toEqual(commit);
    expect(parsed.welcome).toEqual(welcome);
    alice.processCommit(parsed.commit);
    if (parsed.welcome) bob.processWelcome(parsed.welcome);
    expect(bob.voicePrivacyCode).toBe(alice.voicePrivacyCode);
  });

  test('every truncation of a key package is refused and none crashes the parser', () => {
    const { keyPackage } = founders();
    for (let length = 0; length < keyPackage.length; length += 1) {
      expect(() => parseKeyPackage(keyPackage.subarray(0, length))).toThrow(MlsFormatError);
    }
  });

  test('every truncation of a commit is refused', () => {
    const { sender, alice, keyPackage } = founders();
    const proposal = sender.add(GROUP, 0n, keyPackage);
    const { commit } = alice.processProposals(0, vector(proposal.message), [ALICE, BOB]);
    if (!commit) throw new Error('davey made no commit');
    for (let length = 0; length < commit.length; length += 1) {
      expect(() => parseCommitWelcome(commit.subarray(0, length))).toThrow(MlsFormatError);
    }
  });

  test('random bytes never do worse than a format error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        for (const parse of [parseKeyPackage, parseCommitWelcome]) {
          try {
            parse(Buffer.from(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(MlsFormatError);
          }
        }
      }),
    );
  });
});
