import davey from '@snazzah/davey';
import { SILENCE_FRAME } from '../voice/rtp.ts';

const AUDIO = 0;
/** The last two bytes of every end-to-end encrypted frame. */
const DAVE_MARKER = Buffer.from([0xfa, 0xfa]);
/** Seconds in which unencrypted packets still pass after a change of version. */
const PASSTHROUGH_SECONDS = 10;

export interface DaveSignals {
  keyPackage(bytes: Buffer): void;
  commitWelcome(bytes: Buffer): void;
  transitionReady(id: number): void;
  invalid(id: number): void;
  executed(id: number): void;
}

/** A person's end of DAVE version 1: a member of the MLS group with keys of its own. */
export class DaveMember {
  readonly #session: davey.DAVESession;
  readonly #userId: string;
  readonly #channelId: string;
  readonly #signals: DaveSignals;
  readonly #pending = new Map<number, number>();
  #version: number;

  constructor(version: number, userId: string, channelId: string, signals: DaveSignals) {
    this.#version = version;
    this.#userId = userId;
    this.#channelId = channelId;
    this.#signals = signals;
    this.#session = new davey.DAVESession(Math.max(version, 1), userId, channelId);
    if (version > 0) signals.keyPackage(this.#session.getSerializedKeyPackage());
  }

  /** In a group, with its keys in force. */
  get ready(): boolean {
    return this.#session.ready;
  }

  get epoch(): bigint | null {
    return this.#session.epoch;
  }

  get privacyCode(): string {
    return this.#session.voicePrivacyCode;
  }

  externalSender(bytes: Buffer): void {
    this.#session.setExternalSender(bytes);
  }

  proposals(body: Buffer, recognised: readonly string[]): void {
    const { commit, welcome } = this.#session.processProposals(body.readUInt8(0), body.subarray(1), [
      ...recognised,
    ]);
    if (commit) this.#signals.commitWelcome(welcome ? Buffer.concat([commit, welcome]) : commit);
  }

  commit(body: Buffer): void {
    this.#follow(body, (bytes) => this.#session.processCommit(bytes));
  }

  welcome(body: Buffer): void {
    this.#follow(body, (bytes) => this.#session.processWelcome(bytes));
  }

  #follow(body: Buffer, process: (bytes: Buffer) => void): void {
    const id = body.readUInt16BE(0);
    try {
      process(body.subarray(2));
    } catch {
      this.#signals.invalid(id);
      this.#startOver();
      return;
    }
    if (id === 0) this.#signals.executed(0);
    else {
      this.#pending.set(id, this.#version);
      this.#signals.transitionReady(id);
    }
  }

  #startOver(): void {
    this.#session.reinit(Math.max(this.#version, 1), this.#userId, this.#channelId);
    this.#signals.keyPackage(this.#session.getSerializedKeyPackage());
  }

  prepareTransition(id: number, version: number): void {
    this.#pending.set(id, version);
    if (id === 0) this.execute(0);
    else {
      if (version === 0) this.#session.setPassthroughMode(true, PASSTHROUGH_SECONDS);
      this.#signals.transitionReady(id);
    }
  }

  prepareEpoch(epoch: number, version: number): void {
    if (epoch !== 1) return;
    this.#version = version;
    if (version > 0) this.#startOver();
  }

  execute(id: number): void {
    const version = this.#pending.get(id);
    if (version === undefined) return;
    this.#pending.delete(id);
    if (this.#version === 0 && version > 0) this.#session.setPassthroughMode(true, PASSTHROUGH_SECONDS);
    this.#version = version;
    this.#signals.executed(id);
  }

  encrypt(opus: Buffer): Buffer {
    if (this.#version === 0 || !this.#session.ready || opus.equals(SILENCE_FRAME)) return opus;
    return this.#session.encryptOpus(opus);
  }

  /** Undefined when the packet cannot be decrypted with any key of the group. */
  decrypt(userId: string, packet: Buffer): Buffer | undefined {
    if (packet.equals(SILENCE_FRAME)) return packet;
    // Between the transport and the welcome, others' frames already arrive: they stay unreadable.
    if (!this.#session.ready) return packet.subarray(-2).equals(DAVE_MARKER) ? undefined : packet;
    try {
      return this.#session.decrypt(userId, AUDIO, packet);
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#session.reset();
  }
}
