import type { ExternalSender, Proposal } from '../mls/external-sender.ts';
import { type CommitWelcome, parseCommitWelcome } from '../mls/messages.ts';

export interface OutstandingProposal extends Proposal {
  change: { kind: 'add'; userId: string } | { kind: 'remove'; userId: string; leaf: number };
}

/** What the server makes of a commit. */
export type CommitVerdict =
  | { kind: 'stale'; reason: string }
  | { kind: 'refused'; reason: string }
  | { kind: 'accepted'; commit: Buffer; welcome: Buffer | undefined; added: string[]; initial: boolean };

/**
 * The delivery service's view of one MLS group: epoch, who sits on which leaf, which proposals are open.
 * It cannot read anything; it only orders. The first valid commit of an epoch wins.
 */
export class DeliveryGroup {
  readonly #sender: ExternalSender;
  readonly #groupId: Buffer;
  #epoch: bigint | undefined;
  #leaves: (string | undefined)[] = [];
  #open = new Map<string, OutstandingProposal>();

  constructor(sender: ExternalSender, groupId: Buffer) {
    this.#sender = sender;
    this.#groupId = groupId;
  }

  /** Undefined until the first commit. */
  get epoch(): bigint | undefined {
    return this.#epoch;
  }

  get established(): boolean {
    return this.#epoch !== undefined;
  }

  get members(): string[] {
    return this.#leaves.filter((user) => user !== undefined);
  }

  get open(): OutstandingProposal[] {
    return [...this.#open.values()];
  }

  has(userId: string): boolean {
    return this.#leaves.includes(userId);
  }

  proposeAdd(userId: string, keyPackage: Buffer): OutstandingProposal {
    const proposal = this.#sender.add(this.#groupId, this.#epoch ?? 0n, keyPackage);
    return this.#remember({ ...proposal, change: { kind: 'add', userId } });
  }

  /** Undefined when the user is not in the group or its removal is proposed already. */
  proposeRemove(userId: string): OutstandingProposal | undefined {
    const leaf = this.#leaves.indexOf(userId);
    const proposed = this.open.some(({ change }) => change.kind === 'remove' && change.userId === userId);
    if (leaf < 0 || this.#epoch === undefined || proposed) return undefined;
    const proposal = this.#sender.remove(this.#groupId, this.#epoch, leaf);
    return this.#remember({ ...proposal, change: { kind: 'remove', userId, leaf } });
  }

  /** The open add of a user who is gone before anybody committed it. */
  withdrawAdd(userId: string): OutstandingProposal | undefined {
    const found = this.open.find(({ change }) => change.kind === 'add' && change.userId === userId);
    if (found) this.#open.delete(found.reference);
    return found;
  }

  #remember(proposal: OutstandingProposal): OutstandingProposal {
    this.#open.set(proposal.reference, proposal);
    return proposal;
  }

  /** Takes a member's opcode 28. Throws MlsFormatError when it cannot be read. */
  commit(userId: string, body: Buffer): CommitVerdict {
    const parsed = parseCommitWelcome(body);
    const current = this.#epoch ?? 0n;
    if (parsed.epoch !== current) {
      return { kind: 'stale', reason: `commit for epoch ${parsed.epoch}, the group is at ${current}` };
    }
    const problem = this.#problem(userId, parsed);
    if (problem) return { kind: 'refused', reason: problem };
    const initial = !this.established;
    if (initial) this.#leaves = [userId];
    const added = this.#apply(parsed.references);
    this.#epoch = current + 1n;
    this.#open.clear();
    return { kind: 'accepted', commit: parsed.commit, welcome: parsed.welcome, added, initial };
  }

  #problem(userId: string, parsed: CommitWelcome): string | undefined {
    if (!parsed.groupId.equals(this.#groupId)) return 'commit for another group';
    const committer = this.established
      ? this.#leaves[parsed.sender]
      : parsed.sender === 0
        ? userId
        : undefined;
    if (committer !== userId) return `leaf ${parsed.sender} is not ${userId}`;
    const named = new Set(parsed.references);
    // In the group that each founder makes for itself, it is a member already: its own add is not named.
    const required = this.open.filter(
      ({ change }) => this.established || !(change.kind === 'add' && change.userId === userId),
    );
    const complete =
      named.size === required.length && required.every(({ reference }) => named.has(reference));
    if (!complete) return `commits ${named.size} proposals, ${required.length} are open`;
    const adds = required.some(({ change }) => change.kind === 'add');
    if (adds && !parsed.welcome) return 'adds a member without a welcome';
    const gone = required.some(({ change }) => change.kind === 'remove' && change.userId === userId);
    if (gone) return 'a member cannot commit its own removal';
    return undefined;
  }

  /** Removals first, then each add takes the leftmost free leaf (RFC 9420 sections 12.3 and 7.7). */
  #apply(references: readonly string[]): string[] {
    const changes = references.flatMap((reference) => this.#open.get(reference)?.change ?? []);
    for (const change of changes) if (change.kind === 'remove') this.#leaves[change.leaf] = undefined;
    while (this.#leaves.length > 0 && this.#leaves.at(-1) === undefined) this.#leaves.pop();
    const added: string[] = [];
    for (const change of changes) {
      if (change.kind !== 'add') continue;
      const free = this.#leaves.indexOf(undefined);
      if (free < 0) this.#leaves.push(change.userId);
      else this.#leaves[free] = change.userId;
      added.push(change.userId);
    }
    return added;
  }

  /** The group is given up; the next one starts at epoch 1 with new key packages. */
  reset(): void {
    this.#epoch = undefined;
    this.#leaves = [];
    this.#open.clear();
  }
}
