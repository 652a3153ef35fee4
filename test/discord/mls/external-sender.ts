import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { u8, u16, u32, u64, vector } from './writer.ts';

const PROTOCOL_MLS10 = 1;
const WIRE_PUBLIC_MESSAGE = 1;
const SENDER_EXTERNAL = 2;
const CONTENT_PROPOSAL = 2;
const PROPOSAL_ADD = 1;
const PROPOSAL_REMOVE = 3;
const CREDENTIAL_BASIC = 1;

export interface Proposal {
  /** MLSMessage, ready for opcode 27. */
  message: Buffer;
  /** ProposalRef by which a commit names it, in hex. */
  reference: string;
}

/**
 * The voice server as external sender of the group (DAVE section "external sender", RFC 9420 section
 * 12.1.8): it alone proposes who is added and removed; members only commit. Ciphersuite 2, so P-256.
 */
export class ExternalSender {
  readonly #privateKey: KeyObject;
  readonly #publicKey: Buffer;
  readonly #identity: Buffer;

  constructor(identity = 'simulated-voice-server') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#privateKey = privateKey;
    this.#publicKey = Buffer.concat([u8(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    this.#identity = Buffer.from(identity);
  }

  /** Body of opcode 25: signature key and basic credential. */
  package(): Buffer {
    return Buffer.concat([vector(this.#publicKey), u16(CREDENTIAL_BASIC), vector(this.#identity)]);
  }

  add(groupId: Buffer, epoch: bigint, keyPackage: Buffer): Proposal {
    return this.#propose(groupId, epoch, Buffer.concat([u16(PROPOSAL_ADD), keyPackage]));
  }

  remove(groupId: Buffer, epoch: bigint, leaf: number): Proposal {
    return this.#propose(groupId, epoch, Buffer.concat([u16(PROPOSAL_REMOVE), u32(leaf)]));
  }

  #propose(groupId: Buffer, epoch: bigint, proposal: Buffer): Proposal {
    const content = Buffer.concat([
      vector(groupId),
      u64(epoch),
      u8(SENDER_EXTERNAL),
      u32(0), // index in the group's external_senders extension
      vector(Buffer.alloc(0)), // authenticated data
      u8(CONTENT_PROPOSAL),
      proposal,
    ]);
    // For an external sender neither the signature's input nor the message has anything of the group's state.
    const signature = this.#signWithLabel(
      'FramedContentTBS',
      Buffer.concat([u16(PROTOCOL_MLS10), u16(WIRE_PUBLIC_MESSAGE), content]),
    );
    const authenticated = Buffer.concat([u16(WIRE_PUBLIC_MESSAGE), content, vector(signature)]);
    return {
      message: Buffer.concat([u16(PROTOCOL_MLS10), authenticated]),
      reference: proposalReference(authenticated),
    };
  }

  #signWithLabel(label: string, content: Buffer): Buffer {
    const input = Buffer.concat([vector(Buffer.from(`MLS 1.0 ${label}`)), vector(content)]);
    return sign('sha256', input, { key: this.#privateKey, dsaEncoding: 'der' });
  }
}

/** RefHash("MLS 1.0 Proposal Reference", AuthenticatedContent), RFC 9420 section 5.2. */
function proposalReference(authenticatedContent: Buffer): string {
  return createHash('sha256')
    .update(Buffer.concat([vector(Buffer.from('MLS 1.0 Proposal Reference')), vector(authenticatedContent)]))
    .digest('hex');
}
