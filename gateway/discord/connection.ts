/**
 * One bot's connection to Discord: REST and the gateway websocket(s), on @discordjs/rest and @discordjs/ws.
 *
 * What this adds to @discordjs/ws 2.0: reconnects back off (the library redials every half second for as long as
 * Discord is down); a shard that is destroyed while it waits to redial stays down (the library would connect it
 * again); a connection lost to the network is resumed instead of identified anew, because a fresh IDENTIFY may drop
 * the bot from voice; no IDENTIFY is sent while the owner forbids it; nothing is queued for a shard that resumes (the library would hold it until a READY that may
 * never come); dials of all bots are spaced out; a session that another process began can be resumed, and what is told
 * twice then is passed on once.
 */
import { API } from '@discordjs/core';
import { DiscordAPIError, HTTPError } from '@discordjs/rest';
import {
  CloseCodes,
  type SessionInfo,
  SimpleIdentifyThrottler,
  WebSocketManager,
  WebSocketShardEvents,
} from '@discordjs/ws';
import {
  GatewayCloseCodes,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
  type GatewaySendPayload,
} from 'discord-api-types/v10';
import { INTENTS } from '../../src/discord/requirements.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { pause } from '../pause.ts';
import type { DialPacer } from './dial-pacer.ts';
import { IdentifyGate } from './identify-gate.ts';
import type { InvalidRequest } from './invalid-requests.ts';
import { BotRest } from './rest.ts';

/** Why the connection cannot work until somebody changes something. */
export type FatalReason = 'InvalidToken' | 'DisallowedIntents' | 'ShardingRequired' | 'UnsupportedByDiscord';

export interface DiscordConnectionOptions {
  /** Without the version, e.g. https://discord.com/api. */
  readonly apiUrl: string;
  readonly token: string;
  readonly log: Logger;
  readonly pacer: DialPacer;
  /** Sessions that an earlier process kept, to be resumed. @defaultValue none */
  readonly kept?: readonly SessionInfo[];
  /** Asked before each fresh IDENTIFY. A session is resumed without it. */
  readonly mayIdentify: () => boolean;
  /** A fresh IDENTIFY would be needed and is not allowed: nothing more happens until {@link DiscordConnection.close}. */
  readonly onIdentifyRefused: () => void;
  readonly onReady: (data: GatewayReadyDispatchData, shardId: number) => void;
  readonly onResumed: (shardId: number) => void;
  readonly onDisconnected: (code: number, shardId: number) => void;
  /** Each dispatch once. `replayed`: it is told while the session is resumed, and may be old. */
  readonly onDispatch: (payload: GatewayDispatchPayload, replayed: boolean) => void;
  /** Nothing will work until the token or Discord's settings change. The connection has closed itself. */
  readonly onFatal: (reason: FatalReason, message: string) => void;
  readonly onInvalidRequest: (request: InvalidRequest) => void;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** How long Discord may take to answer a close, milliseconds; ws itself would wait 30 s. */
const CLOSE_GRACE_MS = 3_000;
/** Dials with the old session before a fresh IDENTIFY is tried. */
const RESUME_ATTEMPTS = 3;

interface ShardState {
  ready: boolean;
  session: SessionInfo | null;
  /** Number of the last dispatch that was passed on; 0: none of this session yet. */
  passedOn: number;
  /** Set from a close until the next Hello. */
  lostToNetwork: boolean;
  redial: boolean;
  failures: number;
}

export class DiscordConnection {
  readonly rest: BotRest;
  readonly api: API;
  readonly #options: DiscordConnectionOptions;
  readonly #manager: WebSocketManager;
  readonly #shards = new Map<number, ShardState>();
  readonly #closed = new AbortController();
  #shardCount = 1;

  constructor(options: DiscordConnectionOptions) {
    this.#options = options;
    const { apiUrl, token, onInvalidRequest } = options;
    this.rest = new BotRest({ apiUrl, token, onInvalidRequest });
    for (const session of options.kept ?? []) {
      Object.assign(this.#shard(session.shardId), { session, passedOn: session.sequence });
    }
    this.api = new API(this.rest);
    this.#manager = new WebSocketManager({
      token: options.token,
      intents: INTENTS,
      rest: this.rest,
      handshakeTimeout: 10_000,
      helloTimeout: 20_000,
      buildIdentifyThrottler: async (manager) => {
        const { session_start_limit: limit } = await manager.fetchGatewayInformation();
        const throttler = new SimpleIdentifyThrottler(limit.max_concurrency);
        return new IdentifyGate(throttler, options.mayIdentify, options.onIdentifyRefused);
      },
      retrieveSessionInfo: async (shardId) => await this.#retrieveSession(shardId),
      updateSessionInfo: (shardId, info) => this.#updateSession(shardId, info),
    });
    this.#listen();
  }

  /** Starts connecting, and keeps trying until {@link close} or a fatal answer. */
  start(): void {
    this.#connect().catch((error: unknown) => {
      if (!this.#closed.signal.aborted) this.#options.log.error({ err: error }, 'Discord connection failed');
    });
  }

  /** What another process needs to go on where this one stops. */
  get sessions(): readonly SessionInfo[] {
    return [...this.#shards.values()].flatMap(({ session, passedOn }) =>
      session === null || passedOn === 0 ? [] : [{ ...session, sequence: passedOn }],
    );
  }

  /** Whether payloads for this guild can be sent now. */
  isReady(guildId: string): boolean {
    return this.#shards.get(this.shardOf(guildId))?.ready ?? false;
  }

  /** Sends to the guild's shard; false, and nothing is queued, when the shard is not connected. */
  send(guildId: string, payload: GatewaySendPayload): boolean {
    if (!this.isReady(guildId)) return false;
    Promise.resolve(this.#manager.send(this.shardOf(guildId), payload)).catch((error: unknown) => {
      this.#options.log.warn({ err: error, guild: guildId }, 'A payload to Discord was not sent');
    });
    return true;
  }

  /**
   * Closes for good.
   * @param keepVoice close so that Discord keeps the session, and with it the bot's voice connections, for a while:
   * another pod is about to take over
   */
  async close(keepVoice = false): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const shard of this.#shards.values()) shard.ready = false;
    // Before a restart, the replies that are on their way may still be given.
    if (!keepVoice) this.rest.silence();
    const code = keepVoice ? CloseCodes.Resuming : CloseCodes.Normal;
    const destroyed = this.#manager.destroy({ code, reason: 'The gateway closes this connection' });
    const waited = new AbortController();
    await Promise.race([destroyed, pause(CLOSE_GRACE_MS, waited.signal)]).finally(() => waited.abort());
    this.rest.close();
  }

  async #connect(): Promise<void> {
    for (let attempt = 0; !this.#closed.signal.aborted; attempt += 1) {
      await this.#options.pacer.turn(this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      try {
        this.#shardCount = await this.#manager.getShardCount();
        // Resolves when every shard was ready once; what fails after the first dial arrives as an event.
        await this.#manager.connect();
        return;
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        const status = statusOf(error);
        if (status === 401)
          return await this.#fatal('InvalidToken', 'Discord does not accept the bot token (401)');
        const delayMs = backoff(attempt);
        this.#options.log.warn({ err: error, retryInMs: delayMs }, 'Discord cannot be reached');
        await pause(delayMs, this.#closed.signal);
      }
    }
  }

  #listen(): void {
    const { log } = this.#options;
    this.#manager.on(WebSocketShardEvents.Hello, (shardId) => {
      const shard = this.#shard(shardId);
      shard.lostToNetwork = false;
      shard.redial = false;
    });
    this.#manager.on(WebSocketShardEvents.Ready, (data, shardId) => {
      Object.assign(this.#shard(shardId), { ready: true, failures: 0, passedOn: 0 });
      this.#options.onReady(data, shardId);
    });
    this.#manager.on(WebSocketShardEvents.Closed, (code, shardId) => this.#onClosed(code, shardId));
    this.#manager.on(WebSocketShardEvents.Dispatch, (payload, shardId) => {
      this.#onDispatch(payload, shardId);
    });
    this.#manager.on(WebSocketShardEvents.SocketError, (error, shardId) => {
      log.info({ err: error, shard: shardId }, 'Discord websocket error');
    });
    // Emitted beside the close codes that #onClosed handles; without a listener it would be thrown.
    this.#manager.on(WebSocketShardEvents.Error, (error, shardId) => {
      log.info({ err: error, shard: shardId }, 'Discord refused the connection');
    });
  }

  #onDispatch(payload: GatewayDispatchPayload, shardId: number): void {
    const shard = this.#shard(shardId);
    if (this.#closed.signal.aborted || payload.s <= shard.passedOn) return;
    const { t: event } = payload;
    if (event === GatewayDispatchEvents.Resumed) {
      // The library's own event of it overtakes what was replayed before.
      Object.assign(shard, { ready: true, failures: 0 });
      this.#options.onResumed(shardId);
    } else if (event !== GatewayDispatchEvents.Ready) {
      this.#options.onDispatch(payload, !shard.ready);
    }
    shard.passedOn = payload.s;
  }

  #onClosed(code: number, shardId: number): void {
    const shard = this.#shard(shardId);
    shard.ready = false;
    shard.redial = true;
    shard.lostToNetwork = code === 1006;
    if (this.#closed.signal.aborted) return;
    const fatal = fatalClose(code);
    if (fatal !== undefined) {
      this.#fatal(fatal.reason, fatal.message).catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'Closing the Discord connection failed');
      });
      return;
    }
    this.#options.onDisconnected(code, shardId);
  }

  async #fatal(reason: FatalReason, message: string): Promise<void> {
    await this.close();
    this.#options.onFatal(reason, message);
  }

  async #retrieveSession(shardId: number): Promise<SessionInfo | null> {
    const shard = this.#shard(shardId);
    if (shard.redial && !this.#closed.signal.aborted) {
      shard.redial = false;
      shard.failures += 1;
      await pause(backoff(shard.failures - 1), this.#closed.signal);
      await this.#options.pacer.turn(this.#closed.signal);
    }
    // The library asks before each dial: never answering is the only way to keep a closed shard from dialling.
    if (this.#closed.signal.aborted) return await new Promise<never>(() => {});
    return shard.session;
  }

  #updateSession(shardId: number, info: SessionInfo | null): void {
    // The last word is what the caller keeps; the library forgets it when it closes.
    if (this.#closed.signal.aborted) return;
    const shard = this.#shard(shardId);
    if (info === null && shard.lostToNetwork && shard.failures < RESUME_ATTEMPTS) return;
    shard.session = info;
  }

  #shard(shardId: number): ShardState {
    let shard = this.#shards.get(shardId);
    if (shard === undefined) {
      shard = { ready: false, session: null, passedOn: 0, lostToNetwork: false, redial: false, failures: 0 };
      this.#shards.set(shardId, shard);
    }
    return shard;
  }

  /** https://discord.com/developers/docs/events/gateway#sharding-sharding-formula */
  shardOf(guildId: string): number {
    return Number((BigInt(guildId) >> 22n) % BigInt(this.#shardCount));
  }
}

/** The close codes after which Discord would refuse again. */
export function fatalClose(code: number): { reason: FatalReason; message: string } | undefined {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return { reason: 'InvalidToken', message: 'Discord does not accept the bot token (close code 4004)' };
    case GatewayCloseCodes.DisallowedIntents:
      return {
        reason: 'DisallowedIntents',
        message: 'Discord refuses the intents of this bot (close code 4014)',
      };
    case GatewayCloseCodes.ShardingRequired:
    case GatewayCloseCodes.InvalidShard:
      return { reason: 'ShardingRequired', message: `Discord refuses the sharding (close code ${code})` };
    case GatewayCloseCodes.InvalidAPIVersion:
    case GatewayCloseCodes.InvalidIntents:
      return {
        reason: 'UnsupportedByDiscord',
        message: `Discord refuses this build of Skald (close code ${code})`,
      };
    default:
      return undefined;
  }
}

/** HTTP status of an error from @discordjs/rest, whichever of its classes it is. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : undefined;
}

/** Exponential with full jitter in its upper half. */
function backoff(attempt: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
