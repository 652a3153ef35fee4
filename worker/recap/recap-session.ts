/**
 * A Recap from Configure to its end: reads the transcript, has it summarised, writes the recap, and asks to be stopped. It is
 * in no channel; what it reports is how far it is and what it used.
 */
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import { type SessionConfiguration, WorkerState } from '../../src/rpc/generated/skald/v1/gateway.ts';
import {
  type Database,
  RecapStore,
  type SessionSummary,
  StoreError,
  TranscriptReader,
} from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import { servedLanguageModel } from '../npc/providers.ts';
import { providerEndpoints } from '../provider/endpoints.ts';
import { withRetries } from '../provider/retry.ts';
import { ProviderService } from '../provider/service.ts';
import { reportOf } from '../report.ts';
import { ResponseTimes } from '../response-times.ts';
import { terminationMessage } from '../result.ts';
import type { ServedSession } from '../served-session.ts';
import type { SessionParts } from '../session.ts';
import { Journal } from '../transcript/journal.ts';
import { openDatabase, openSessionStore } from '../transcript/open-store.ts';
import type { RecapLine } from './chunks.ts';
import { RecapModel } from './recap-model.ts';
import { summarise } from './summarise.ts';

/** It ends with this reason, and says why. */
class RecapEnd extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

const REPORT_INTERVAL_MS = 10_000;
const FLUSH_MS = 5000;
/** A database that is away for a moment: about ten seconds of trying. */
const DATABASE_RETRIES = { tries: 6, firstMs: 500, mostMs: 5000 };
/** The longest text that is kept, letters. A model that heeds its limit writes a third of it. */
const MOST_TEXT = 12_000;
/** Nothing is heard and nothing is sent. */
const NO_VOICE = { listening: false, daveVersion: 0, health: () => ({ packetLoss: 0, jitterMs: 0 }) };

export class RecapSession implements ServedSession {
  private readonly parts: SessionParts;
  private readonly log: Logger;
  private readonly configuration: SessionConfiguration;
  private readonly journal: Journal;
  private readonly responses = new ResponseTimes();
  private readonly stopping = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly work: Promise<void>;
  private readonly service: ProviderService;
  private state: WorkerState = WorkerState.INIT;
  private models: readonly string[] = [];
  private writtenOf: string | undefined;

  constructor(parts: SessionParts, configuration: SessionConfiguration) {
    const { namespace, name, recapOf } = configuration;
    this.parts = parts;
    this.configuration = configuration;
    this.log = parts.log.child({ session: `${namespace}/${name}`, recapOf });
    this.journal = new Journal({
      openStore: openSessionStore(parts.settings.databaseUrlFile),
      session: {
        uid: configuration.sessionUid,
        namespace,
        name,
        campaign: configuration.campaign?.name ?? '',
        mode: 'Recap',
        guildId: configuration.guildId,
        startedAt: new Date(),
      },
      recordTranscripts: false,
      log: this.log,
      health: () => {},
    });
    this.service = new ProviderService({
      count: (usage, provider) => this.journal.count(usage, provider),
      onFallback: (message) => {
        if (message !== undefined) this.log.warn(message);
      },
      now: monotonicMs,
    });
    this.timer = setInterval(() => this.report(), REPORT_INTERVAL_MS);
    this.report();
    this.work = this.run();
  }

  /** For the kubelet: it does what it is there for. */
  get listening(): boolean {
    return this.state === WorkerState.RUNNING;
  }

  metrics() {
    return { ...this.journal.counters };
  }

  onGateway(attached: boolean): void {
    if (attached) this.report();
  }

  /** What a worker in a channel is told is not for this one; a changed configuration is for the next recap. */
  onMessage(_message: GatewayMessage): void {}

  onEars(): void {}

  onVoicing(): void {}

  onSpeech(): void {}

  onUtterance(): void {}

  async stop(endReason: string, message: string | undefined, abrupt: boolean): Promise<string> {
    clearInterval(this.timer);
    this.stopping.abort(new Error('stopped'));
    await this.work;
    await this.journal.close(abrupt ? undefined : endReason, FLUSH_MS);
    this.state = WorkerState.STOPPED;
    this.report();
    const ref = this.writtenOf === undefined ? undefined : `recaps/${this.writtenOf}`;
    return terminationMessage(endReason, message, this.journal.counters, ref);
  }

  private async run(): Promise<void> {
    let database: Database | undefined;
    try {
      database = await openDatabase(this.parts.settings.databaseUrlFile);
      const uid = await this.write(database);
      this.writtenOf = uid;
      this.end('Completed', `The recap of ${this.configuration.recapOf} is written.`);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      const { reason, message } = endOf(error);
      this.log.warn({ err: error, reason }, 'No recap was written');
      this.end(reason, message);
    } finally {
      await database?.close().catch(() => {});
    }
  }

  /** @returns the UID of the session that was summarised. */
  private async write(database: Database | undefined): Promise<string> {
    const { namespace, recapOf, guildId, campaign, spendHardUsd } = this.configuration;
    if (database === undefined)
      throw new RecapEnd('WorkerFailed', 'This worker has no database to read a transcript from.');
    await this.journal.begin(0);
    const reader = new TranscriptReader(database);
    const recaps = new RecapStore(database);
    // Only of the same Discord server: what was said on one is nothing for another.
    const session = await this.patiently(() => reader.session(recapOf, { namespace, guildId }));
    if (session === undefined)
      throw nothing(`There is no transcript of a session ${recapOf} on this Discord server.`);
    const { revision, segments } = await this.patiently(() => reader.revision(session.uid));
    if (segments === 0) throw nothing(`Nothing of what was said in ${recapOf} was written down.`);
    const { llm } = await providerEndpoints(this.configuration, this.parts.settings);
    this.models = [`llm:${llm.model}`];
    const language = campaign?.language ?? '';
    const key = { sessionUid: session.uid, revision, language, model: llm.model };
    if ((await this.patiently(() => recaps.find(key))) !== undefined) return session.uid;

    this.state = WorkerState.RUNNING;
    this.report();
    this.log.info({ segments, model: llm.model }, 'The recap is being written');
    const model = new RecapModel(await servedLanguageModel(llm, this.service));
    const text = await summarise(this.lines(reader, session), {
      world: { campaignTitle: campaign?.title ?? '', language },
      ask: async (prompt, signal) => {
        const { spendUSD } = this.journal.counters;
        if (spendHardUsd !== undefined && spendUSD >= spendHardUsd) {
          const limit = spendHardUsd.toFixed(2);
          throw new RecapEnd(
            'SpendCap',
            `The recap would cost more than the ${limit} USD that a session may.`,
          );
        }
        return await model.ask(prompt, signal);
      },
      signal: this.stopping.signal,
    });
    await this.patiently(() =>
      recaps.save({ ...key, model: this.service.modelOf(llm), text: text.slice(0, MOST_TEXT), segments }),
    );
    return session.uid;
  }

  private async *lines(reader: TranscriptReader, { uid }: SessionSummary): AsyncGenerator<RecapLine> {
    const attempt = <T>(read: () => Promise<T>) => this.patiently(read);
    for await (const { correlationId, speakerName, text } of reader.segments(uid, { attempt })) {
      if (text !== '') yield { turn: correlationId, speaker: speakerName, text };
    }
  }

  private patiently<T>(attempt: () => Promise<T>): Promise<T> {
    return withRetries(attempt, { signal: this.stopping.signal, policy: DATABASE_RETRIES });
  }

  private end(reason: string, message: string): void {
    this.parts.link.send({ $case: 'stopRequest', value: { reason, message } });
    this.parts.onEnding(reason, message);
  }

  private report(): void {
    const value = reportOf({
      state: this.state,
      trouble: undefined,
      voice: NO_VOICE,
      responses: this.responses,
      counters: this.journal.counters,
      buildSha: this.parts.settings.buildSha,
      models: this.models,
      configRevision: this.configuration.revision,
    });
    this.parts.link.send({ $case: 'report', value });
  }
}

function nothing(message: string): RecapEnd {
  return new RecapEnd('NothingToRecap', message);
}

/** For status and Discord: what a person can act on, without a stack. */
function endOf(error: unknown): { readonly reason: string; readonly message: string } {
  if (error instanceof RecapEnd) return { reason: error.reason, message: error.message };
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreError)
    return { reason: 'WorkerFailed', message: `The transcript cannot be read: ${said}` };
  return { reason: 'WorkerFailed', message: `The language model wrote no recap: ${said}` };
}

export function createSession(parts: SessionParts, configuration: SessionConfiguration): RecapSession {
  return new RecapSession(parts, configuration);
}
