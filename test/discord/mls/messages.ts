import { MlsFormatError, MlsReader } from './reader.ts';

const CIPHERSUITE_P256 = 2;
const WIRE_PUBLIC_MESSAGE = 1;
const WIRE_KEY_PACKAGE = 5;
const CONTENT_COMMIT = 3;
const SENDER_MEMBER = 1;
const PROPOSAL_BY_REFERENCE = 2;
const CREDENTIAL_BASIC = 1;

export interface KeyPackage {
  /** The bare structure, without an MLSMessage around it. */
  bytes: Buffer;
  /** The identity of its credential: a Discord user id. */
  userId: string;
}

/**
 * Body of opcode 26. The protocol's text asks for an MLSMessage, the libraries (libdave, davey) send the
 * bare KeyPackage; both are taken.
 */
export function parseKeyPackage(body: Buffer): KeyPackage {
  const probe = new MlsReader(body);
  probe.u16();
  const bytes = probe.u16() === WIRE_KEY_PACKAGE ? body.subarray(4) : body;
  const reader = new MlsReader(bytes);
  const version = reader.u16();
  const ciphersuite = reader.u16();
  if (version !== 1 || ciphersuite !== CIPHERSUITE_P256) {
    throw new MlsFormatError(
      `key package of version ${version} and ciphersuite ${ciphersuite}: 1 and 2 wanted`,
    );
  }
  reader.vector(); // init key
  const leaf = readLeafNode(reader);
  readExtensions(reader);
  reader.vector(); // signature
  if (reader.remaining > 0) throw new MlsFormatError(`${reader.remaining} bytes after the key package`);
  return { bytes, userId: leaf.userId };
}

export interface CommitWelcome {
  groupId: Buffer;
  epoch: bigint;
  /** Leaf index of the committer. */
  sender: number;
  /** References of the committed proposals, in hex. */
  references: string[];
  /** MLSMessage of the commit. */
  commit: Buffer;
  /** Bare Welcome; absent when nobody was added. */
  welcome: Buffer | undefined;
}

/** Body of opcode 28: a commit, and right behind it the Welcome when there is one. */
export function parseCommitWelcome(body: Buffer): CommitWelcome {
  const reader = new MlsReader(body);
  const version = reader.u16();
  const wireFormat = reader.u16();
  if (version !== 1 || wireFormat !== WIRE_PUBLIC_MESSAGE) {
    throw new MlsFormatError(`a commit must be a public message, not wire format ${wireFormat}`);
  }
  const groupId = reader.vector();
  const epoch = reader.u64();
  const senderType = reader.u8();
  if (senderType !== SENDER_MEMBER)
    throw new MlsFormatError(`a commit's sender must be a member, not ${senderType}`);
  const sender = reader.u32();
  reader.vector(); // authenticated data
  const contentType = reader.u8();
  if (contentType !== CONTENT_COMMIT) throw new MlsFormatError(`content type ${contentType} is not a commit`);
  const references = readReferences(reader.vector());
  readUpdatePath(reader);
  reader.vector(); // signature
  reader.vector(); // confirmation tag
  reader.vector(); // membership tag
  const commit = reader.slice(0, reader.offset);
  const rest = reader.rest();
  return { groupId, epoch, sender, references, commit, welcome: rest.length > 0 ? rest : undefined };
}

/** DAVE forbids proposals inside the commit: everything comes from the external sender, by reference. */
function readReferences(bytes: Buffer): string[] {
  const reader = new MlsReader(bytes);
  const references: string[] = [];
  while (reader.remaining > 0) {
    const kind = reader.u8();
    if (kind !== PROPOSAL_BY_REFERENCE)
      throw new MlsFormatError('a commit may only name proposals by reference');
    references.push(reader.vector().toString('hex'));
  }
  return references;
}

function readUpdatePath(reader: MlsReader): void {
  const present = reader.u8();
  if (present > 1) throw new MlsFormatError(`optional path marked with ${present}`);
  if (present === 0) return;
  readLeafNode(reader);
  reader.vector(); // nodes
}

function readLeafNode(reader: MlsReader): { userId: string } {
  reader.vector(); // encryption key
  reader.vector(); // signature key
  const credential = reader.u16();
  if (credential !== CREDENTIAL_BASIC)
    throw new MlsFormatError(`credential type ${credential}: only basic ones`);
  const identity = reader.vector();
  if (identity.length !== 8) {
    throw new MlsFormatError(`identity of ${identity.length} bytes: a user id has 8`);
  }
  for (let list = 0; list < 5; list += 1) reader.vector(); // capabilities
  const source = reader.u8();
  if (source === 1) {
    reader.u64(); // not before
    reader.u64(); // not after
  } else if (source === 3) {
    reader.vector(); // parent hash
  } else if (source !== 2) {
    throw new MlsFormatError(`leaf node source ${source} does not exist`);
  }
  readExtensions(reader);
  reader.vector(); // signature
  return { userId: identity.readBigUInt64BE().toString() };
}

function readExtensions(reader: MlsReader): void {
  const extensions = new MlsReader(reader.vector());
  while (extensions.remaining > 0) {
    extensions.u16();
    extensions.vector();
  }
}
