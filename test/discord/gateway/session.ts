import { GatewayOpcodes } from 'discord-api-types/v10';
import type { Application } from '../world/model.ts';
import { receives, seesMessageContent } from './intents.ts';

/** What a session needs of its socket. */
export interface Link {
  send(payload: unknown): void;
  close(code: number, reason: string): void;
}

/** Dispatches that a session keeps for RESUME; older ones make it unresumable. */
const REPLAY_LIMIT = 2_000;

/**
 * One identified shard. It outlives its socket: while the socket is gone, dispatches pile up, and
 * RESUME replays what the client did not acknowledge.
 */
export class GatewaySession {
  readonly id: string;
  readonly application: Application;
  readonly intents: number;
  readonly shard: readonly [number, number];
  #sequence = 0;
  #replay: { sequence: number; payload: unknown }[] = [];
  #link: Link | undefined;
  /** Cleared when the client may not resume any more. */
  valid = true;

  constructor(
    id: string,
    application: Application,
    options: { intents: number; shard: readonly [number, number] },
    link: Link,
  ) {
    this.id = id;
    this.application = application;
    this.intents = options.intents;
    this.shard = options.shard;
    this.#link = link;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Guild events go to the shard `(guild id >> 22) % count`. */
  servesGuild(guildId: string): boolean {
    const [id, count] = this.shard;
    return Number((BigInt(guildId) >> 22n) % BigInt(count)) === id;
  }

  dispatch(event: string, data: unknown): void {
    if (!receives(this.intents, event)) return;
    this.#sequence += 1;
    const payload = {
      op: GatewayOpcodes.Dispatch,
      t: event,
      s: this.#sequence,
      d: event.startsWith('MESSAGE_') ? this.#withoutForeignContent(data) : data,
    };
    this.#replay.push({ sequence: this.#sequence, payload });
    if (this.#replay.length > REPLAY_LIMIT) this.#replay.shift();
    this.#link?.send(payload);
  }

  send(payload: unknown): void {
    this.#link?.send(payload);
  }

  detach(link: Link): void {
    if (this.#link === link) this.#link = undefined;
  }

  close(code: number, reason: string): void {
    this.#link?.close(code, reason);
  }

  /** True when everything after `sequence` could be replayed. RESUMED is sent last, as Discord does. */
  resume(link: Link, sequence: number): boolean {
    const oldest = this.#replay[0]?.sequence ?? this.#sequence + 1;
    if (!this.valid || sequence > this.#sequence || sequence < oldest - 1) return false;
    const previous = this.#link;
    this.#link = link;
    if (previous && previous !== link) previous.close(4000, 'Session resumed elsewhere');
    for (const { sequence: s, payload } of this.#replay) if (s > sequence) link.send(payload);
    this.dispatch('RESUMED', {});
    return true;
  }

  /** Without the MESSAGE_CONTENT intent, other people's messages arrive empty unless they mention the bot. */
  #withoutForeignContent(data: unknown): unknown {
    if (seesMessageContent(this.intents) || typeof data !== 'object' || data === null) return data;
    const message: { author?: { id?: string }; mentions?: { id: string }[] } = data;
    const own = message.author?.id === this.application.user.id;
    const mentioned = message.mentions?.some((user) => user.id === this.application.user.id) ?? false;
    if (own || mentioned) return data;
    return { ...data, content: '', embeds: [], attachments: [], components: [] };
  }
}
