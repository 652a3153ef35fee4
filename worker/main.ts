/**
 * The worker process: attaches to the gateway, runs one session, ends as it is told.
 *
 * The order of the start is on the user's clock. The dial goes first and alone. Once Hello is on its way, while
 * the gateway looks the session up, the listening thread loads its model on another core, and this one voice
 * and codecs; the language model's library is loaded when the channel is being joined.
 */
import type { GatewayMessage } from '../src/rpc/attach-client.ts';
import { AttachError } from '../src/rpc/attach-error.ts';
import type { SessionConfiguration } from '../src/rpc/generated/skald/v1/gateway.ts';
import { ConfigurationError } from '../src/settings/configuration-error.ts';
import type { HealthServer } from '../src/telemetry/health.ts';
import { createLogger, type Logger } from '../src/telemetry/log.ts';
import { type Ending, endReasonOf, exitCodeOf } from './ending.ts';
import type { ServedSession } from './served-session.ts';
import { readSettings, type WorkerSettings } from './settings.ts';
import { BEAT_MS, tellSupervisor } from './supervisor/messages.ts';
import { GatewayLink } from './transport/gateway-link.ts';
import { Ears } from './turn/ears.ts';
import { vadModelPath } from './turn/vad-model-path.ts';

/** Without a gateway for this long, everything else is loaded all the same. */
const OPEN_MS = 500;
/** How long the gateway may take to answer a StopRequest with Stop. */
const STOP_ANSWER_MS = 10_000;
/** What cannot be finished in this time after the end was decided is left undone. */
const END_MS = 15_000;

/** @param signal aborting is SIGTERM. @returns the exit code. */
export async function main(signal?: AbortSignal): Promise<number> {
  const log = createLogger({ name: 'worker' });
  const beat = setInterval(() => tellSupervisor({ type: 'beat' }), BEAT_MS);
  try {
    return await new WorkerProcess(readSettings(), log).run(signal);
  } catch (error) {
    const configuration = error instanceof ConfigurationError;
    log.error({ err: error }, configuration ? 'The worker is not configured rightly' : 'The worker failed');
    const message = error instanceof Error ? error.message : String(error);
    const ending: Ending = { type: configuration ? 'configuration' : 'crashed', message };
    const endReason = endReasonOf(ending);
    if (endReason !== undefined) {
      tellSupervisor({
        type: 'result',
        message: JSON.stringify({ endReason, message: message.slice(0, 1000) }),
      });
    }
    return exitCodeOf(ending);
  } finally {
    clearInterval(beat);
  }
}

class WorkerProcess {
  private readonly settings: WorkerSettings;
  private readonly log: Logger;
  private readonly link: GatewayLink;
  private readonly ending = Promise.withResolvers<Ending>();
  /** The gateway has the first bytes, or is not to be had soon: time to load the rest. */
  private readonly opened = Promise.withResolvers<void>();
  private session: ServedSession | undefined;
  private sessionUid: string | undefined;
  /** No session has claimed this worker yet, and the gateway knows of it. */
  private parked = false;
  /** Since it was parked: everything is loaded and warm. */
  private prepared: 'no' | 'going on' | 'yes' = 'no';
  private ears: Ears | undefined;
  /** Messages in order; the session's code is loaded while the first ones come. */
  private messages: Promise<void> = Promise.resolve();
  private stopTimer: NodeJS.Timeout | undefined;

  constructor(settings: WorkerSettings, log: Logger) {
    this.settings = settings;
    this.log = log;
    this.link = new GatewayLink(settings, {
      opened: () => this.opened.resolve(),
      // Milliseconds since exec: performance.now() counts from the start of the process.
      connected: () => log.debug({ sinceExecMs: Math.round(performance.now()) }, 'Connected to the gateway'),
      message: (message) => {
        this.messages = this.messages
          .then(() => this.onMessage(message))
          .catch((error: unknown) => log.error({ err: error, message: message.$case }, 'A message failed'));
      },
      attached: (attached, why) => {
        log.info({ attached, why }, attached ? 'Attached to the gateway' : 'The gateway is out of reach');
        if (!attached) this.parked = false;
        this.session?.onGateway(attached, why);
      },
      moved: (move) => log.info(move, 'Moved to a stream with the renewed certificate'),
      notMoved: (why) => log.warn({ why }, 'No stream with the renewed certificate yet; the old one stays'),
    });
  }

  async run(signal: AbortSignal | undefined): Promise<number> {
    const { log, settings, link } = this;
    const line = link.run().then(
      () => {},
      (error: unknown) => this.onRefused(error),
    );
    const onTerminate = (): void => this.ending.resolve({ type: 'terminated' });
    process.on('SIGTERM', onTerminate);
    process.on('SIGINT', onTerminate);
    signal?.addEventListener('abort', onTerminate, { once: true });
    if (signal?.aborted === true) onTerminate();
    process.on('unhandledRejection', this.onStray);
    process.on('uncaughtException', this.onStray);
    const impatience = setTimeout(() => this.opened.resolve(), OPEN_MS);
    await Promise.race([this.opened.promise, this.ending.promise]);
    clearTimeout(impatience);
    const ears = new Ears(vadModelPath(settings.vadModelPath), settings.lane, {
      speech: (event) => this.session?.onSpeech(event),
      voicing: (userId, continuousMs) => this.session?.onVoicing(userId, continuousMs),
      utterance: (utterance) => this.session?.onUtterance(utterance),
      health: (failure) => {
        if (failure !== undefined) log.warn({ failure }, 'Listening is disturbed');
        this.session?.onEars(failure);
      },
    });
    this.ears = ears;
    // Awaited when Configure comes; a failure shows there.
    sessionModule().catch(() => {});
    let health: HealthServer | undefined;
    try {
      health = await this.serveHealth();
      const ending = await this.ending.promise;
      return await this.end(ending);
    } finally {
      clearTimeout(this.stopTimer);
      process.off('SIGTERM', onTerminate);
      process.off('SIGINT', onTerminate);
      signal?.removeEventListener('abort', onTerminate);
      process.off('unhandledRejection', this.onStray);
      process.off('uncaughtException', this.onStray);
      await Promise.all([ears.close(), health?.close(), link.close(0)]);
      await line;
    }
  }

  private async serveHealth(): Promise<HealthServer> {
    const { startHealthServer } = await import('../src/telemetry/health.ts');
    return await startHealthServer({
      port: this.settings.healthPort,
      livez: {},
      readyz: { listening: () => (this.isReady() ? undefined : 'not listening yet') },
      metrics: async () =>
        (await import('./metrics.ts')).workerRegistry(() => ({ ...this.session?.metrics() })),
      log: this.log,
    });
  }

  /** For the kubelet, and through it for the operator: a parked worker that is ready may be claimed. */
  private isReady(): boolean {
    if (this.session !== undefined) return this.session.listening;
    return this.parked && this.prepared === 'yes';
  }

  private async end(ending: Ending): Promise<number> {
    const code = exitCodeOf(ending);
    const endReason = endReasonOf(ending);
    const message = 'message' in ending ? ending.message : undefined;
    this.log.info({ ending: ending.type, endReason, code, message }, 'Ending');
    const deadline = setTimeout(() => {
      this.log.error({ code }, 'The end took too long; leaving');
      process.exit(code);
    }, END_MS);
    deadline.unref();
    if (this.session !== undefined) {
      const abrupt = ending.type !== 'stop';
      const result = await this.session.stop(endReason ?? 'Terminated', message, abrupt);
      if (endReason !== undefined) tellSupervisor({ type: 'result', message: result });
    } else if (endReason !== undefined) {
      tellSupervisor({ type: 'result', message: JSON.stringify({ endReason, message: message ?? '' }) });
    }
    await this.link.close();
    clearTimeout(deadline);
    return code;
  }

  private async onMessage(message: GatewayMessage): Promise<void> {
    if (message.$case === 'stop') {
      this.ending.resolve({
        type: 'stop',
        reason: message.value.reason || 'Requested',
        message: message.value.message,
      });
    } else if (message.$case === 'parked') {
      this.park();
    } else if (message.$case === 'configure' && this.session === undefined) {
      await this.begin(message.value.session);
    } else if (message.$case === 'configure' && message.value.session?.sessionUid !== this.sessionUid) {
      // Whatever the gateway means by it: what was said in one session must not be there in another.
      this.ending.resolve({
        type: 'refused',
        message: 'a worker serves one session, and this is another one',
      });
    } else {
      this.session?.onMessage(message);
    }
  }

  private park(): void {
    if (this.session !== undefined) return;
    this.parked = true;
    this.log.info('Parked: waiting for a session');
    if (this.prepared !== 'no') return;
    this.prepared = 'going on';
    // Not waited for: the session may come before it is done.
    void this.prepare().then(
      () => {
        this.prepared = 'yes';
      },
      (error: unknown) => {
        this.prepared = 'no';
        this.log.error({ err: error }, 'The worker could not be made ready for a session');
      },
    );
  }

  private async prepare(): Promise<void> {
    const { prepare } = await import('./prepare.ts');
    await Promise.all([prepare(), this.ears?.ready]);
    this.log.info({ sinceExecMs: Math.round(performance.now()) }, 'Everything is loaded');
  }

  private async begin(configuration: SessionConfiguration | undefined): Promise<void> {
    const { ears, link, log, settings } = this;
    if (configuration === undefined || ears === undefined) return;
    const onEnding = (reason: string, message: string): void => this.onEnding(reason, message);
    const recap = configuration.recapOf !== '';
    const { createSession } = recap ? await import('./recap/recap-session.ts') : await sessionModule();
    this.sessionUid = configuration.sessionUid;
    log.info({ recap }, 'The session begins');
    this.session = createSession({ settings, link, ears, log, onEnding }, configuration);
  }

  /** The session asked for its end. The gateway says Stop; where it does not, this process ends by itself. */
  private onEnding(reason: string, message: string): void {
    // What is not final (nobody speaks, the money is spent) waits for a gateway that answers.
    if (!FINAL.has(reason)) return;
    this.stopTimer = setTimeout(
      () => this.ending.resolve({ type: 'gaveUp', reason, message }),
      STOP_ANSWER_MS,
    );
  }

  private onRefused(error: unknown): void {
    if (error instanceof AttachError && !error.retryable) {
      this.ending.resolve({ type: 'refused', message: error.message });
    } else {
      this.ending.resolve({
        type: 'crashed',
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** A library threw where nobody could catch it. A closed socket is no reason to end a session. */
  private readonly onStray = (error: unknown): void => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    this.log.error({ err: error }, 'An error nobody waited for');
    if (code === 'ERR_SOCKET_DGRAM_NOT_RUNNING' || isProviderNoise(error)) return;
    this.ending.resolve({ type: 'crashed', message: error instanceof Error ? error.message : String(error) });
  };
}

/** Ends that come without a gateway's word, too. */
const FINAL: ReadonlySet<string> = new Set([
  'DiscordRefused',
  'Kicked',
  'WorkerFailed',
  'Completed',
  'NothingToRecap',
]);

/** Aborted requests reject promises inside libraries that nobody holds. */
function isProviderNoise(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || error.name === 'ProviderError' || error.message === 'barge-in';
}

let loading: Promise<typeof import('./session.ts')> | undefined;

/** Loaded once, from when the first dial is under way. */
function sessionModule(): Promise<typeof import('./session.ts')> {
  loading ??= import('./session.ts');
  return loading;
}
