import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import { ExternalSender } from '../mls/external-sender.ts';
import { parseKeyPackage } from '../mls/messages.ts';
import { MlsFormatError } from '../mls/reader.ts';
import { u8, u16, u64, vector } from '../mls/writer.ts';
import type { Timeline } from '../world/timeline.ts';
import { DeliveryGroup, type OutstandingProposal } from './group.ts';
import type { VoiceMember } from './member.ts';

const APPEND = 0;
const REVOKE = 1;
const PROTOCOL_VERSION = 1;
/** A member that does not report ready is not waited for longer than this. */
const TRANSITION_TIMEOUT_MS = 5_000;

interface Transition {
  version: number;
  waiting: Set<string>;
  participants: string[];
  timer: NodeJS.Timeout;
}

/**
 * DAVE version 1 of one voice channel: hands out proposals, picks commits, and moves everybody to the new
 * epoch together. When one member is left the call is downgraded to version 0; when company comes back,
 * opcode 24 starts a new group at epoch 1. That is what bots see on Discord.
 */
export class DaveDelivery {
  readonly #members: ReadonlyMap<string, VoiceMember>;
  readonly #timeline: Timeline;
  readonly #sender = new ExternalSender();
  readonly #group: DeliveryGroup;
  /** Members that are to be told of a new group before their key package counts. */
  #awaitingKeyPackage = new Set<string>();
  #version = PROTOCOL_VERSION;
  /** Who was told that the call has no end-to-end encryption any more. */
  readonly #downgraded = new Set<string>();
  #lastTransition = 0;
  readonly #transitions = new Map<number, Transition>();

  constructor(channelId: string, members: ReadonlyMap<string, VoiceMember>, timeline: Timeline) {
    this.#members = members;
    this.#timeline = timeline;
    this.#group = new DeliveryGroup(this.#sender, u64(BigInt(channelId)));
  }

  get epoch(): bigint | undefined {
    return this.#group.epoch;
  }

  /** After Session Description: the client needs the external sender before anything else. */
  welcomeMember(member: VoiceMember): void {
    member.sendBinary(VoiceOpcodes.DaveMlsExternalSender, this.#sender.package());
    if (this.#version === 0) this.#upgrade();
  }

  /** Company is back: those of the downgraded call begin a group with the newcomer. */
  #upgrade(): void {
    // Were the downgrade executed after opcode 24, it would switch encryption off for good.
    if (this.#transitions.size > 0 || this.#members.size < 2) return;
    this.#startNewGroup([...this.#members.values()].filter((member) => this.#downgraded.has(member.userId)));
    this.#downgraded.clear();
  }

  /** Opcode 24 with epoch 1: forget the old group, send a new key package. */
  #startNewGroup(members: readonly VoiceMember[]): void {
    this.#version = PROTOCOL_VERSION;
    for (const member of members) {
      if (!member.usesDave) continue;
      this.#awaitingKeyPackage.add(member.userId);
      member.send(VoiceOpcodes.DavePrepareEpoch, { protocol_version: PROTOCOL_VERSION, epoch: 1 });
      member.sendBinary(VoiceOpcodes.DaveMlsExternalSender, this.#sender.package());
    }
  }

  /** Opcode 26. Returns false for one that the server refuses. */
  keyPackage(member: VoiceMember, body: Buffer): boolean {
    try {
      const { bytes, userId } = parseKeyPackage(body);
      if (userId !== member.userId) return false;
      this.#record('daveKeyPackage', member);
      this.#awaitingKeyPackage.delete(member.userId);
      // Somebody who starts over leaves its old leaf first.
      const replaced = this.#group.withdrawAdd(userId);
      if (replaced) this.#revoke(replaced);
      const removal = this.#group.proposeRemove(userId);
      if (removal) this.#propose(removal, userId);
      if (!this.#group.established)
        for (const earlier of this.#group.open) this.#sendProposal(member, earlier);
      this.#propose(this.#group.proposeAdd(userId, bytes), userId);
      return true;
    } catch (error) {
      if (error instanceof MlsFormatError) return false;
      throw error;
    }
  }

  /** To everybody but the user it is about. A member of the group gets all, a founder the others' adds. */
  #propose(proposal: OutstandingProposal, about: string): void {
    for (const member of this.#listeners()) {
      if (member.userId !== about) this.#sendProposal(member, proposal);
    }
  }

  #sendProposal(member: VoiceMember, proposal: OutstandingProposal): void {
    member.sendBinary(VoiceOpcodes.DaveMlsProposals, Buffer.concat([u8(APPEND), vector(proposal.message)]));
  }

  #revoke(proposal: OutstandingProposal): void {
    const references = vector(vector(Buffer.from(proposal.reference, 'hex')));
    for (const member of this.#listeners()) {
      if (member.userId === proposal.change.userId) continue;
      member.sendBinary(VoiceOpcodes.DaveMlsProposals, Buffer.concat([u8(REVOKE), references]));
    }
  }

  /** Those who can make sense of a proposal: group members, or all founders while there is no group. */
  #listeners(): VoiceMember[] {
    return [...this.#members.values()].filter((member) => {
      if (!member.usesDave || this.#awaitingKeyPackage.has(member.userId)) return false;
      return this.#group.established
        ? this.#group.has(member.userId)
        : this.#group.open.some(({ change }) => change.userId === member.userId);
    });
  }

  /** Opcode 28. Returns false when it cannot be read. */
  commit(member: VoiceMember, body: Buffer): boolean {
    try {
      const verdict = this.#group.commit(member.userId, body);
      if (verdict.kind !== 'accepted') {
        this.#record('daveCommit', member, `${verdict.kind}: ${verdict.reason}`);
        return true;
      }
      this.#record('daveCommit', member, `accepted: epoch ${this.#group.epoch}`);
      // The very first group of a channel has nothing to change from: transition 0 happens at once.
      const id = verdict.initial && this.#lastTransition === 0 ? 0 : this.#nextTransition();
      this.#announce(id, verdict.commit, verdict.welcome, verdict.added);
      return true;
    } catch (error) {
      if (error instanceof MlsFormatError) return false;
      throw error;
    }
  }

  #announce(id: number, commit: Buffer, welcome: Buffer | undefined, added: readonly string[]): void {
    const participants = this.#group.members.filter((userId) => this.#members.has(userId));
    this.#begin(id, PROTOCOL_VERSION, participants);
    for (const userId of participants) {
      const member = this.#members.get(userId);
      if (added.includes(userId)) {
        member?.sendBinary(VoiceOpcodes.DaveMlsWelcome, Buffer.concat([u16(id), welcome ?? Buffer.alloc(0)]));
      } else {
        member?.sendBinary(VoiceOpcodes.DaveMlsAnnounceCommitTransition, Buffer.concat([u16(id), commit]));
      }
    }
    if (id === 0) this.#executed(0, PROTOCOL_VERSION, participants);
  }

  #nextTransition(): number {
    this.#lastTransition = (this.#lastTransition % 0xffff) + 1;
    return this.#lastTransition;
  }

  #begin(id: number, version: number, participants: string[]): void {
    if (id === 0) return;
    const timer = setTimeout(() => this.#execute(id), TRANSITION_TIMEOUT_MS);
    this.#transitions.set(id, { version, waiting: new Set(participants), participants, timer });
  }

  /** Opcode 23. */
  ready(member: VoiceMember, transitionId: number): void {
    const transition = this.#transitions.get(transitionId);
    if (!transition) return;
    transition.waiting.delete(member.userId);
    if (transition.waiting.size === 0) this.#execute(transitionId);
  }

  #execute(id: number): void {
    const transition = this.#transitions.get(id);
    if (!transition) return;
    clearTimeout(transition.timer);
    this.#transitions.delete(id);
    for (const userId of transition.participants) {
      this.#members.get(userId)?.send(VoiceOpcodes.DaveExecuteTransition, { transition_id: id });
    }
    this.#executed(id, transition.version, transition.participants);
    if (this.#version === 0) this.#upgrade();
  }

  #executed(id: number, version: number, participants: readonly string[]): void {
    for (const userId of participants) {
      const member = this.#members.get(userId);
      if (!member) continue;
      member.encrypted = version > 0;
      this.#record(
        'daveExecuted',
        member,
        `transition ${id}, version ${version}, epoch ${this.#group.epoch ?? 0}`,
      );
    }
  }

  /** Opcode 31: the member could not follow. It leaves the group; its next key package brings it back. */
  invalidCommit(member: VoiceMember, transitionId: number): void {
    this.#record('daveInvalidCommit', member, `transition ${transitionId}`);
    this.ready(member, transitionId);
    member.encrypted = false;
    const removal = this.#group.proposeRemove(member.userId);
    if (removal) this.#propose(removal, member.userId);
  }

  /** Called after the member is gone from the channel. */
  removeMember(member: VoiceMember): void {
    this.#awaitingKeyPackage.delete(member.userId);
    this.#downgraded.delete(member.userId);
    for (const id of [...this.#transitions.keys()]) this.ready(member, id);
    if (!member.usesDave) return;
    const rest = [...this.#members.values()].filter((other) => other.usesDave);
    const [sole] = rest;
    if (!sole) {
      this.#group.reset();
      this.#version = PROTOCOL_VERSION;
      return;
    }
    if (!this.#group.established) {
      // Founders may have committed the lost one already: let them all begin again.
      const withdrawn = this.#group.withdrawAdd(member.userId);
      if (withdrawn && this.#group.open.length > 0) {
        this.#group.reset();
        this.#startNewGroup(rest);
      }
      return;
    }
    if (rest.length === 1) {
      this.#downgrade(sole);
      return;
    }
    const withdrawn = this.#group.withdrawAdd(member.userId);
    if (withdrawn) this.#revoke(withdrawn);
    const removal = this.#group.proposeRemove(member.userId);
    if (removal) this.#propose(removal, member.userId);
  }

  #downgrade(sole: VoiceMember): void {
    this.#group.reset();
    this.#version = 0;
    this.#downgraded.add(sole.userId);
    const id = this.#nextTransition();
    this.#begin(id, 0, [sole.userId]);
    sole.send(VoiceOpcodes.DavePrepareTransition, { protocol_version: 0, transition_id: id });
  }

  #record(
    kind: 'daveKeyPackage' | 'daveCommit' | 'daveExecuted' | 'daveInvalidCommit',
    member: VoiceMember,
    detail?: string,
  ): void {
    const { userId, guildId, channelId } = member;
    this.#timeline.record(kind, { userId, guildId, channelId, ...(detail ? { detail } : {}) });
  }

  close(): void {
    for (const { timer } of this.#transitions.values()) clearTimeout(timer);
    this.#transitions.clear();
  }
}
