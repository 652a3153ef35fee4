import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { Timeline } from '../world/timeline.ts';
import { DaveDelivery } from './dave.ts';
import type { VoiceMember } from './member.ts';

/** One voice channel on the voice server: who is in it and what they must be told. */
export class Room {
  readonly #members = new Map<string, VoiceMember>();
  readonly dave: DaveDelivery | undefined;

  constructor(channelId: string, dave: boolean, timeline: Timeline) {
    this.dave = dave ? new DaveDelivery(channelId, this.#members, timeline) : undefined;
  }

  get members(): IterableIterator<VoiceMember> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  get(userId: string): VoiceMember | undefined {
    return this.#members.get(userId);
  }

  join(member: VoiceMember): void {
    const others = [...this.#members.values()];
    this.#members.set(member.userId, member);
    if (others.length > 0) {
      member.send(VoiceOpcodes.ClientsConnect, { user_ids: others.map((other) => other.userId) });
    }
    for (const other of others) other.send(VoiceOpcodes.ClientsConnect, { user_ids: [member.userId] });
  }

  /** The session is described: now the newcomer can learn who speaks with which SSRC, and the group. */
  described(member: VoiceMember): void {
    for (const other of this.#members.values()) {
      if (other !== member && other.hasSpoken) {
        member.send(VoiceOpcodes.Speaking, speaking(other));
      }
    }
    if (member.usesDave) this.dave?.welcomeMember(member);
  }

  speaking(member: VoiceMember): void {
    for (const other of this.#members.values()) {
      if (other !== member) other.send(VoiceOpcodes.Speaking, speaking(member));
    }
  }

  leave(member: VoiceMember): void {
    if (this.#members.get(member.userId) !== member) return;
    this.#members.delete(member.userId);
    for (const other of this.#members.values()) {
      other.send(VoiceOpcodes.ClientDisconnect, { user_id: member.userId });
    }
    this.dave?.removeMember(member);
  }

  close(): void {
    this.dave?.close();
  }
}

function speaking(member: VoiceMember) {
  return { user_id: member.userId, ssrc: member.ssrc, speaking: member.speaking };
}
