/** A conversation among doubles of its providers, for tests: no network, and time passes as fast as it can. */

import type { ProviderRole } from '../../src/api/provider-roles.ts';
import { writeWav } from '../../src/audio/wav.ts';
import { type NpcCommand, SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { LISTEN_RATE } from '../audio/rates.ts';
import { monotonicMs } from '../clock.ts';
import { anEndpoint } from '../provider/served.fixtures.ts';
import { ServedLanguageModel } from '../provider/served-language-model.ts';
import { ServedSpeechToText } from '../provider/served-speech-to-text.ts';
import { ServedTextToSpeech } from '../provider/served-text-to-speech.ts';
import { ProviderService } from '../provider/service.ts';
import { Standby } from '../provider/standby.ts';
import { ResponseTimes } from '../response-times.ts';
import type {
  Recognition,
  RecognitionRequest,
  SpeechToText,
  TranscriptionRequest,
} from '../stt/speech-to-text.ts';
import { Journal } from '../transcript/journal.ts';
import { Pacer } from '../transport/pacer.ts';
import type { SpeechRequest, TextToSpeech } from '../tts/text-to-speech.ts';
import type { HeardUtterance } from '../turn/ears-protocol.ts';
import type { LaneSettings } from '../turn/lane.ts';
import type { TurnTaking } from '../turn/turn-taking.ts';
import { Cast } from './cast.ts';
import { Conversation, type ConversationProviders } from './conversation.ts';
import type { LanguageModel } from './language-model.ts';
import { RoomMemory } from './memory.ts';
import { Mind } from './mind.ts';
import type { ChatPrompt } from './prompt.ts';
import type { Settings } from './setting.ts';
import type { NpcTool } from './tools/tool.ts';

/** One request to the language model, which answers when it is told to. */
export class Asking {
  readonly prompt: ChatPrompt;
  readonly signal: AbortSignal;
  readonly tools: readonly NpcTool[];
  private readonly reply = Promise.withResolvers<string>();

  constructor(prompt: ChatPrompt, signal: AbortSignal, tools: readonly NpcTool[]) {
    this.prompt = prompt;
    this.signal = signal;
    this.tools = tools;
  }

  get question(): string {
    return this.prompt.messages.at(-1)?.content ?? '';
  }

  say(text: string): void {
    this.reply.resolve(text);
  }

  async *pieces(): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    const gone = new Promise<never>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason), { once: true });
    });
    yield await Promise.race([this.reply.promise, gone]);
    return { tokens: 10 };
  }
}

export class Rehearsal {
  readonly lane: Partial<LaneSettings>[] = [];
  readonly endpoints: { userId: string; pause: number; delayMs: number }[] = [];
  readonly commands: NpcCommand[] = [];
  readonly transcriptions: TranscriptionRequest[] = [];
  readonly streams: { pushed: number; pauses: number; cancelled: boolean; request: RecognitionRequest }[] =
    [];
  readonly asked: Asking[] = [];
  readonly spoken: string[] = [];
  readonly gameMasters = new Set<string>();
  readonly memory = new RoomMemory();
  readonly journal: Journal;
  readonly conversation: Conversation;
  /** What recognisers hear, in order. An error is thrown. */
  readonly heard: (string | Error)[] = [];

  constructor(
    turnTaking: Partial<TurnTaking> = {},
    {
      streaming = false,
      configuration = {},
    }: { streaming?: boolean; configuration?: Partial<SessionConfiguration> } = {},
  ) {
    const log = silentLogger();
    this.journal = new Journal({
      openStore: undefined,
      session: {
        ...{ uid: 's', namespace: 'n', name: 's', campaign: 'c', guildId: '1', voiceChannelId: '2' },
        startedAt: new Date(),
      },
      recordTranscripts: true,
      log,
      health: () => {},
    });
    const cast = new Cast(
      SessionConfiguration.create({
        campaign: {
          language: 'en',
          npcs: [
            { name: 'Greta', title: 'The Innkeeper' },
            { name: 'Bruno', title: 'The Blacksmith' },
          ],
        },
        ...configuration,
      }),
    );
    let now = 0;
    const clock = {
      now: () => now,
      after: (ms: number, callback: () => void) => {
        const timer = setImmediate(() => {
          now += ms;
          callback();
        });
        return () => clearImmediate(timer);
      },
    };
    const settings: Settings = {
      cast,
      providers: this.providers(streaming),
      turnTaking: {
        ...{ endpointing: 'fixed', minDelayMs: 400, maxDelayMs: 2400, preemptive: false },
        ...turnTaking,
      },
      revision: 'r1',
    };
    this.conversation = new Conversation(
      {
        pacer: new Pacer({ send: () => true, setSpeaking: () => {} }, () => Buffer.alloc(3), clock),
        journal: this.journal,
        memory: this.memory,
        mind: new Mind({ journal: this.journal, foreignTools: () => [], log }),
        responses: new ResponseTimes(),
        log,
        buildSha: 'test',
        displayName: (userId) => userId,
        isGameMaster: (userId) => this.gameMasters.has(userId),
        command: (command) => this.commands.push(command),
        takesTurns: () => true,
        withheld: () => {},
        network: () => ({ jitterMs: 0, packetLoss: 0 }),
        listen: (lane) => this.lane.push(lane),
        endpoint: (userId, pause, delayMs) => this.endpoints.push({ userId, pause, delayMs }),
        health: () => {},
      },
      settings,
    );
  }

  starts(userId = 'Alice'): void {
    this.conversation.speech({ type: 'started', userId });
  }

  /** The person pauses; `heardAs` is what the recogniser makes of it so far. */
  pauses(pause: number, heardAs?: string | Error, userId = 'Alice'): void {
    if (heardAs !== undefined) this.heard.push(heardAs);
    this.conversation.speech({ type: 'pause', userId, pause, wav: silence(1), seconds: 1 });
  }

  resumes(userId = 'Alice'): void {
    this.conversation.speech({ type: 'resumed', userId, silentMs: 300 });
  }

  /** The utterance is over: in a pause that was reported, or in none. */
  ends(pause?: number, heardAs?: string | Error, userId = 'Alice'): Promise<void> {
    if (heardAs !== undefined) this.heard.push(heardAs);
    const now = monotonicMs();
    const times = { lastPacketAt: now, lastVoiceAt: now, endpointedAt: now };
    const heard: HeardUtterance = {
      userId,
      wav: silence(2),
      seconds: 2,
      ...times,
      pause,
      complete: true,
    };
    return this.conversation.utterance(heard);
  }

  private providers(streaming: boolean): ConversationProviders {
    const next = async (signal: AbortSignal): Promise<string> => {
      const words = this.heard.shift() ?? '';
      await Promise.resolve();
      signal.throwIfAborted();
      if (words instanceof Error) throw words;
      return words;
    };
    const spoken = this.spoken;
    const asked = this.asked;
    const stt: SpeechToText = {
      transcribe: (request) => {
        this.transcriptions.push(request);
        return next(request.signal);
      },
      ...(streaming ? { open: (request: RecognitionRequest) => this.stream(request, next) } : {}),
    };
    const tts: TextToSpeech = {
      async *speak({ text }: SpeechRequest) {
        spoken.push(text);
        yield new Float32Array(960 * 3);
      },
    };
    const llm: LanguageModel = {
      answer: (prompt: ChatPrompt, signal: AbortSignal, tools: readonly NpcTool[] = []) => {
        const asking = new Asking(prompt, signal, tools);
        asked.push(asking);
        return asking.pieces();
      },
    };
    const service = new ProviderService({
      count: (usage, provider) => this.journal.count(usage, provider),
      onFallback: () => {},
      now: monotonicMs,
    });
    return {
      stt: new ServedSpeechToText(alone('stt', stt, service), service),
      tts: new ServedTextToSpeech(alone('tts', tts, service), service),
      llm: Promise.resolve(new ServedLanguageModel(alone('llm', llm, service), service)),
      models: [],
    };
  }

  private stream(request: RecognitionRequest, next: (signal: AbortSignal) => Promise<string>): Recognition {
    const stream = { pushed: 0, pauses: 0, cancelled: false, request };
    this.streams.push(stream);
    return {
      push: (samples) => {
        stream.pushed += samples.length;
      },
      pause: () => {
        stream.pauses++;
      },
      finish: () => next(request.signal),
      cancel: () => {
        stream.cancelled = true;
      },
    };
  }
}

/** A provider without a fallback. */
function alone<Client>(role: ProviderRole, client: Client, service: ProviderService): Standby<Client> {
  return new Standby({ endpoint: anEndpoint(role), client }, undefined, service);
}

/** WAV. */
function silence(seconds: number): Uint8Array<ArrayBuffer> {
  return writeWav(new Int16Array(seconds * LISTEN_RATE), LISTEN_RATE);
}
