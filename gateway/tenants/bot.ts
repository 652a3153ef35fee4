/**
 * The life of one bot: wait for a token, take the lock that no other pod may hold, connect, and stay connected. The
 * lock guards identifying: a connected bot outlasts its loss (see guarded-lock.ts), and does not identify anew before it
 * is held again. A token that Discord refuses parks the bot: it is not tried again until it changes, because invalid requests are
 * counted against the address that all tenants of this slot share. Between two processes the session with Discord is kept:
 * the next one resumes it, and a bot that is in voice stays there.
 */
import { randomBytes } from 'node:crypto';
import {
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
} from 'discord-api-types/v10';
import { INTENTS } from '../../src/discord/requirements.ts';
import { acquireBotLock, type DatabaseUrl, type GatewaySession, tryBotLock } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { DiscordConnection } from '../discord/connection.ts';
import type { DialPacer } from '../discord/dial-pacer.ts';
import { decodeSnapshot, encodeSnapshot, type GuildSnapshot } from '../discord/guild-snapshot.ts';
import { INVALID_REQUEST_WINDOW_MS, type InvalidRequestBudget } from '../discord/invalid-requests.ts';
import { keptSessions, SessionKeeper, type SessionStore } from '../discord/session-keeper.ts';
import { pause } from '../pause.ts';
import type { BotState, ParkedReason } from './bot-state.ts';
import type { BotToken, MissingToken } from './bot-token.ts';
import { GuardedLock } from './guarded-lock.ts';

/** What the bots of one process share: its address, and its database. */
export interface BotCommons {
  readonly pacer: DialPacer;
  readonly invalidRequests: { budget(): InvalidRequestBudget };
  /** Where sessions are kept for the next process. Undefined: it begins fresh ones. */
  readonly sessions: SessionStore | undefined;
}

export interface BotOptions {
  readonly applicationId: string;
  readonly apiUrl: string;
  /** DSN for the advisory lock. Unset: no lock is taken; the StatefulSet's single replica is all there is. */
  readonly databaseUrl: DatabaseUrl | undefined;
  readonly log: Logger;
  readonly clock: { setTimeout(callback: () => void, delayMs: number): { cancel(): void } };
  readonly commons: BotCommons;
  /** What the cache knows of some guilds. */
  readonly snapshot: (ofShard: (guildId: string) => boolean) => GuildSnapshot;
  /** What an earlier process knew of a shard, before its session is resumed. */
  readonly onRestored: (snapshot: GuildSnapshot) => void;
  readonly onReady: (data: GatewayReadyDispatchData, shardId: number) => void;
  readonly onResumed: () => void;
  readonly onDispatch: (payload: GatewayDispatchPayload) => void;
}

const LOCK_RETRY_MS = 2_000;
/** Discord takes the first answer to an interaction for so long. */
const INTERACTION_LIFE_MS = 3_000;
const DISCORD_EPOCH_MS = 1_420_070_400_000n;

export class Bot {
  readonly #options: BotOptions;
  readonly #budget: InvalidRequestBudget;
  /** What is left at the server of a lock that this bot held is known by it from another pod's. */
  readonly #holder = randomBytes(8).toString('hex');
  #lock: GuardedLock | undefined;
  #state: BotState = {
    kind: 'NoToken',
    reason: 'TokenMissing',
    message: 'The bot token was not read yet (Secret skald-bot-token).',
  };
  #token: string | undefined;
  #connection: DiscordConnection | undefined;
  #botUserId = '';
  #attempt = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #closed = false;
  #keepVoice = false;

  constructor(options: BotOptions) {
    this.#options = options;
    this.#budget = options.commons.invalidRequests.budget();
  }

  get state(): BotState {
    return this.#state;
  }

  /** The open connection, if there is one. */
  get connection(): DiscordConnection | undefined {
    return this.#connection;
  }

  /** Whether the lock was lost and is being taken again. */
  get lockLost(): boolean {
    return this.#lock?.held === false;
  }

  /** Empty until the first READY, or until an earlier process' session is resumed. */
  get botUserId(): string {
    return this.#botUserId;
  }

  /** What the Secret holds now. The same token again changes nothing. */
  setToken(token: BotToken): void {
    if (this.#closed) return;
    const value = token.kind === 'present' ? token.token : undefined;
    if (value === this.#token) {
      if (token.kind === 'missing') this.#state = noToken(token);
      return;
    }
    this.#token = value;
    this.#attempt.abort();
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    if (token.kind === 'missing') this.#state = noToken(token);
    else this.#state = { kind: 'Connecting', message: 'The bot is connecting to Discord.' };
    this.#running = this.#running
      .then(async () => {
        if (value !== undefined) await this.#live(value, signal);
      })
      // Unhandled it would end the process, and with it the bots of all other tenants.
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'The bot stopped because of a fault');
        this.#connecting('The bot stopped because of a fault of the gateway; see its log.', signal);
      });
  }

  /** Disconnects for good. @param keepVoice see {@link DiscordConnection.close} */
  async close(keepVoice: boolean): Promise<void> {
    this.#closed = true;
    this.#keepVoice = keepVoice;
    this.#attempt.abort();
    await this.#running;
  }

  async #live(token: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lock = await this.#acquire(signal);
      if (lock === 'aborted') return;
      this.#lock = lock;
      const end = await this.#connect(token, lock, signal);
      this.#lock = undefined;
      await lock?.release();
      if (end.kind === 'parked') {
        this.#options.log.warn({ reason: end.reason }, `Bot parked: ${end.message}`);
        if (!signal.aborted) this.#state = { kind: 'Parked', reason: end.reason, message: end.message };
        if (end.reason !== 'TooManyInvalidRequests') return;
        await pause(INVALID_REQUEST_WINDOW_MS, signal);
      }
    }
  }

  async #acquire(signal: AbortSignal): Promise<GuardedLock | undefined | 'aborted'> {
    const { databaseUrl, applicationId, log } = this.#options;
    if (databaseUrl === undefined) return signal.aborted ? 'aborted' : undefined;
    const whose = { url: databaseUrl, applicationId, holder: this.#holder };
    while (!signal.aborted) {
      try {
        const lock = await acquireBotLock({
          ...whose,
          signal,
          onWaiting: () => {
            log.warn({ applicationId }, 'Another pod holds the lock of this bot; waiting for it');
            this.#connecting('Another pod holds the lock of this bot.', signal);
          },
        });
        return new GuardedLock(lock, { log, take: (until) => tryBotLock({ ...whose, signal: until }) });
      } catch (error) {
        if (signal.aborted) break;
        log.warn({ err: error }, 'The lock of the bot cannot be taken');
        this.#connecting(
          'The database that guards the bot against a second connection does not answer.',
          signal,
        );
        await pause(LOCK_RETRY_MS, signal);
      }
    }
    return 'aborted';
  }

  /** One connection, from dial to close. */
  async #connect(token: string, lock: GuardedLock | undefined, signal: AbortSignal): Promise<ConnectionEnd> {
    const { applicationId, apiUrl, log, commons } = this.#options;
    const kept = await this.#restore();
    const { promise, resolve: end } = Promise.withResolvers<ConnectionEnd>();
    const park = (reason: ParkedReason, message: string): void => end({ kind: 'parked', reason, message });
    const connection = new DiscordConnection({
      apiUrl,
      token,
      log,
      pacer: commons.pacer,
      kept,
      mayIdentify: () => lock?.held !== false,
      onIdentifyRefused: () => end({ kind: 'mayNotIdentify' }),
      onReady: (data, shardId) => {
        if (data.application.id !== applicationId) {
          const message = `The token belongs to application ${data.application.id}, not to ${applicationId}.`;
          park('ApplicationMismatch', message);
          return;
        }
        this.#botUserId = data.user.id;
        if (!signal.aborted) this.#state = { kind: 'Connected' };
        log.info({ guilds: data.guilds.length }, 'Bot connected to Discord');
        this.#options.onReady(data, shardId);
        keeper?.changed();
      },
      onResumed: () => {
        if (!signal.aborted) this.#state = { kind: 'Connected' };
        log.info('Bot resumed its session with Discord');
        this.#options.onResumed();
        keeper?.changed();
      },
      onDisconnected: (code) => {
        log.info({ code }, 'Bot lost its connection to Discord');
        this.#connecting(`The connection to Discord was lost (close code ${code}).`, signal);
      },
      onDispatch: (payload, replayed) => {
        keeper?.changed();
        if (replayed && isTooLate(payload, Date.now())) {
          log.info('A command that came while no gateway was there is too old to be answered');
          return;
        }
        try {
          this.#options.onDispatch(payload);
        } catch (error) {
          log.error({ err: error, event: payload.t }, 'An event of Discord could not be used');
        }
      },
      onFatal: park,
      onInvalidRequest: (kind) => {
        const usedUp = this.#budget.record(kind);
        if (kind === 'botToken') park('InvalidToken', 'Discord does not accept the bot token (401)');
        else if (usedUp) {
          park('TooManyInvalidRequests', `Discord refused ${this.#budget.count} requests in ten minutes.`);
        }
      },
    });
    const keeper = this.#keeper(connection, lock);
    const onAbort = (): void => end({ kind: 'aborted' });
    const onTaken = (): void => end({ kind: 'lockTaken' });
    signal.addEventListener('abort', onAbort, { once: true });
    lock?.taken.addEventListener('abort', onTaken, { once: true });
    if (signal.aborted) onAbort();
    if (lock?.taken.aborted === true) onTaken();
    this.#connection = connection;
    connection.start();
    const result = await promise;
    signal.removeEventListener('abort', onAbort);
    lock?.taken.removeEventListener('abort', onTaken);
    this.#connection = undefined;
    const keep = result.kind === 'aborted' && this.#keepVoice;
    const closed = connection.close(keep).catch((error: unknown) => {
      log.warn({ err: error }, 'Closing the Discord connection failed');
    });
    // From here on nothing is dispatched: what is kept is the last word. Discord need not have answered for that.
    await Promise.all([closed, keeper?.close(keep ? 'keep' : 'forget')]);
    if (result.kind === 'lockTaken') {
      log.warn('Another pod took the lock of the bot; disconnected');
      this.#connecting('Another pod took the lock of this bot.', signal);
    } else if (result.kind === 'mayNotIdentify') {
      log.warn(
        'Discord wants the bot to identify anew while its lock is lost; disconnected until it is held',
      );
      this.#connecting('The lock of the bot was lost; it is taken again first.', signal);
    }
    return result;
  }

  /** The sessions of an earlier process, if every one of them can be gone on with. */
  async #restore(): Promise<readonly GatewaySession[]> {
    const { applicationId, log, commons, onRestored } = this.#options;
    if (commons.sessions === undefined) return [];
    try {
      const kept = await keptSessions(commons.sessions, applicationId);
      const snapshots = kept.map(({ snapshot = '' }) => decodeSnapshot(snapshot, INTENTS));
      if (snapshots.includes(undefined)) return [];
      for (const snapshot of snapshots) {
        if (snapshot === undefined) continue;
        this.#botUserId = snapshot.botUserId;
        onRestored(snapshot);
      }
      return kept;
    } catch (error) {
      log.warn({ err: error }, 'The session that an earlier gateway had with Discord cannot be read');
      return [];
    }
  }

  #keeper(connection: DiscordConnection, lock: GuardedLock | undefined): SessionKeeper | undefined {
    const { applicationId, log, clock, commons, snapshot } = this.#options;
    if (commons.sessions === undefined) return undefined;
    return new SessionKeeper({
      applicationId,
      store: commons.sessions,
      clock,
      log,
      mayWrite: () => lock?.held !== false,
      sessions: () => connection.sessions,
      snapshot: (shardId) =>
        encodeSnapshot(
          snapshot((guildId) => connection.shardOf(guildId) === shardId),
          INTENTS,
        ),
    });
  }

  #connecting(message: string, signal: AbortSignal): void {
    if (!signal.aborted) this.#state = { kind: 'Connecting', message };
  }
}

/** Whether it is a command that Discord has given up already: it would be run, and nobody told. */
function isTooLate(payload: GatewayDispatchPayload, nowMs: number): boolean {
  if (payload.t !== GatewayDispatchEvents.InteractionCreate) return false;
  const createdMs = Number((BigInt(payload.d.id) >> 22n) + DISCORD_EPOCH_MS);
  return nowMs - createdMs > INTERACTION_LIFE_MS;
}

function noToken({ reason, message }: MissingToken): BotState {
  return { kind: 'NoToken', reason, message };
}

type ConnectionEnd =
  | { readonly kind: 'aborted' }
  | { readonly kind: 'lockTaken' }
  | { readonly kind: 'mayNotIdentify' }
  | { readonly kind: 'parked'; readonly reason: ParkedReason; readonly message: string };
