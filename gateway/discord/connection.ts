/**
 * One bot's connection to Discord: REST and the gateway websocket(s), on @discordjs/rest and @discordjs/ws.
 *
 * What this adds to @discordjs/ws 2.0: reconnects back off (the library redials every half second for as long as
 * Discord is down); a shard that is destroyed while it waits to redial stays down (the library would connect it
 * again); a connection lost to the network is resumed instead of identified anew, because a fresh IDENTIFY may drop
 * the bot from voice; no IDENTIFY is sent while the owner forbids it; nothing is queued for a shard that resumes (the library would hold it until a READY that may
 * never come).
 */
import { API } from '@discordjs/core';
import { DiscordAPIError, HTTPError, REST } from '@discordjs/rest';
import {
  CloseCodes,
  type SessionInfo,
  SimpleIdentifyThrottler,
  WebSocketManager,
  WebSocketShardEvents,
} from '@discordjs/ws';
import {
  GatewayCloseCodes,
  type GatewayDispatchPayload,
  GatewayIntentBits,
  type GatewayReadyDispatchData,
  type GatewaySendPayload,
} from 'discord-api-types/v10';
import type { Logger } from '../../src/telemetry/log.ts';
import { pause } from '../pause.ts';
import { IdentifyGate } from './identify-gate.ts';
import { isInvalidRequest } from './invalid-requests.ts';

/** Why the connection cannot work until somebody changes something. */
export type FatalReason = 'InvalidToken' | 'DisallowedIntents' | 'ShardingRequired' | 'UnsupportedByDiscord';

export interface DiscordConnectionOptions {
  /** Without the version, e.g. https://discord.com/api. */
  readonly apiUrl: string;
  readonly token: string;
  readonly log: Logger;
  /** Asked before each fresh IDENTIFY. A session is resumed without it. */
  readonly mayIdentify: () => boolean;
  /** A fresh IDENTIFY would be needed and is not allowed: nothing more happens until {@link DiscordConnection.close}. */
  readonly onIdentifyRefused: () => void;
  readonly onReady: (data: GatewayReadyDispatchData, shardId: number) => void;
  readonly onResumed: (shardId: number) => void;
  readonly onDisconnected: (code: number, shardId: number) => void;
  readonly onDispatch: (payload: GatewayDispatchPayload, shardId: number) => void;
  /** Nothing will work until the token or Discord's settings change. The connection has closed itself. */
  readonly onFatal: (reason: FatalReason, message: string) => void;
  /** A REST request was answered 401, 403 or 429. `botToken`: Discord did not accept the token itself. */
  readonly onInvalidRequest: (kind: 'botToken' | 'other') => void;
}

/** Guilds: channels, roles and the bot's own member. GuildVoiceStates: who is in which voice channel. Neither is privileged. */
export const INTENTS = GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates;

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** How long Discord may take to answer a close, milliseconds; ws itself would wait 30 s. */
const CLOSE_GRACE_MS = 3_000;
/** Dials with the old session before a fresh IDENTIFY is tried. */
const RESUME_ATTEMPTS = 3;

interface ShardState {
  ready: boolean;
  session: SessionInfo | null;
  /** Set from a close until the next Hello. */
  lostToNetwork: boolean;
  redial: boolean;
  failures: number;
}

export class DiscordConnection {
  readonly rest: REST;
  readonly api: API;
  readonly #options: DiscordConnectionOptions;
  readonly #manager: WebSocketManager;
  readonly #shards = new Map<number, ShardState>();
  readonly #closed = new AbortController();
  #shardCount = 1;

  constructor(options: DiscordConnectionOptions) {
    this.#options = options;
    this.rest = new REST({ version: '10', api: options.apiUrl, retries: 2, timeout: 10_000 });
    this.rest.setToken(options.token);
    this.rest.on('response', (request, response) => {
      if (isInvalidRequest(response.status)) {
        options.onInvalidRequest(
          response.status === 401 && usesBotToken(request.route) ? 'botToken' : 'other',
        );
      }
    });
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
    const code = keepVoice ? CloseCodes.Resuming : CloseCodes.Normal;
    const destroyed = this.#manager.destroy({ code, reason: 'The gateway closes this connection' });
    const waited = new AbortController();
    await Promise.race([destroyed, pause(CLOSE_GRACE_MS, waited.signal)]).finally(() => waited.abort());
    this.rest.clearHashSweeper();
    this.rest.clearHandlerSweeper();
  }

  async #connect(): Promise<void> {
    for (let attempt = 0; !this.#closed.signal.aborted; attempt += 1) {
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
      Object.assign(this.#shard(shardId), { ready: true, failures: 0 });
      this.#options.onReady(data, shardId);
    });
    this.#manager.on(WebSocketShardEvents.Resumed, (shardId) => {
      Object.assign(this.#shard(shardId), { ready: true, failures: 0 });
      this.#options.onResumed(shardId);
    });
    this.#manager.on(WebSocketShardEvents.Closed, (code, shardId) => this.#onClosed(code, shardId));
    this.#manager.on(WebSocketShardEvents.Dispatch, (payload, shardId) => {
      if (!this.#closed.signal.aborted) this.#options.onDispatch(payload, shardId);
    });
    this.#manager.on(WebSocketShardEvents.SocketError, (error, shardId) => {
      log.info({ err: error, shard: shardId }, 'Discord websocket error');
    });
    // Emitted beside the close codes that #onClosed handles; without a listener it would be thrown.
    this.#manager.on(WebSocketShardEvents.Error, (error, shardId) => {
      log.info({ err: error, shard: shardId }, 'Discord refused the connection');
    });
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
    }
    // The library asks before each dial: never answering is the only way to keep a closed shard from dialling.
    if (this.#closed.signal.aborted) return await new Promise<never>(() => {});
    return shard.session;
  }

  #updateSession(shardId: number, info: SessionInfo | null): void {
    const shard = this.#shard(shardId);
    if (info === null && shard.lostToNetwork && shard.failures < RESUME_ATTEMPTS) return;
    shard.session = info;
  }

  #shard(shardId: number): ShardState {
    let shard = this.#shards.get(shardId);
    if (shard === undefined) {
      shard = { ready: false, session: null, lostToNetwork: false, redial: false, failures: 0 };
      this.#shards.set(shardId, shard);
    }
    return shard;
  }

  /** https://discord.com/developers/docs/events/gateway#sharding-sharding-formula */
  shardOf(guildId: string): number {
    return Number((BigInt(guildId) >> 22n) % BigInt(this.#shardCount));
  }
}

/** Replies to interactions carry the interaction's own token, and 401 there means that it has expired. */
function usesBotToken(route: string): boolean {
  return !route.startsWith('/webhooks/') && !route.startsWith('/interactions/');
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
