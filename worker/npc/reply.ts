/** One NPC's answer, from the model's first token to the last packet: generate, speak, remember what was heard. */
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { monotonicMs } from '../clock.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { LiveSpeech } from '../realtime/live-speech.ts';
import type { SpokenConversation, SpokenTurn } from '../realtime/speech-to-speech.ts';
import type { Pacer, Playback } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import type { LanguageModel } from './language-model.ts';
import { type Judge, unjudged } from './moderation/judging.ts';
import type { ChatPrompt } from './prompt.ts';
import { SentenceSplitter } from './sentences.ts';
import { speakable } from './speakable.ts';
import type { NpcTool } from './tools/tool.ts';
import type { TurnTrace } from './turn-trace.ts';
import { type SpeechTimes, type SpokenVoice, UtteranceSpeech } from './utterance-speech.ts';

export interface ReplyOutcome {
  /** What people really heard of it. */
  readonly heard: string;
  readonly interrupted: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly llmTokens: number;
  readonly ttsCharacters: number;
  /** The model that spoke it by itself; undefined: one wrote it, another one spoke it. */
  readonly spokenBy?: ProviderEndpoint;
  /** It broke off because a provider failed. */
  readonly failure: unknown;
}

export interface ReplyParts {
  readonly npc: Npc;
  readonly tts: TextToSpeech;
  readonly pacer: Pacer;
  readonly signal: AbortSignal;
  readonly trace: TurnTrace;
  /** The first packet has left. */
  readonly onFirstPacket: () => void;
}

/** The configuration has no undefined: it says `''` and 0 for what the campaign leaves out. */
export function spokenVoice({ voice }: Pick<Npc, 'voice'>): SpokenVoice {
  return { id: voice?.id || undefined, speed: voice?.speed || 1, pitch: voice?.pitch || undefined };
}

export class Reply {
  private readonly parts: ReplyParts;
  private readonly speech: UtteranceSpeech;
  private readonly playback: Playback;
  private startedAt: Date | undefined;
  private tokens = 0;

  constructor(parts: ReplyParts) {
    this.parts = parts;
    this.playback = parts.pacer.begin((at) => {
      this.startedAt = new Date();
      parts.trace.firstPacketAt = at;
      parts.onFirstPacket();
    });
    this.speech = new UtteranceSpeech(this.playback, parts.tts, spokenVoice(parts.npc), parts.signal);
  }

  finish(): void {
    this.speech.finish();
  }

  /** Silent at once, to go on later or to be cut. */
  hold(): void {
    this.playback.hold();
  }

  resume(): void {
    this.playback.resume();
  }

  /** Frees the floor's playback when there will be no answer. */
  abandon(): void {
    this.playback.cut();
  }

  /** Answers what the prompt's last message says. @param instead what is said when nothing of it may be */
  async generate(
    model: LanguageModel,
    prompt: ChatPrompt,
    tools: readonly NpcTool[],
    judge: Judge,
    instead: string,
  ): Promise<ReplyOutcome> {
    return await this.speakAll(this.sentences(model, prompt, tools), judge, instead);
  }

  /** Answers by a model that hears and speaks itself. @param waits see {@link LiveSpeech} */
  async converse(
    conversation: SpokenConversation,
    turn: Omit<SpokenTurn, 'signal'>,
    judge: Judge,
    waits: boolean,
  ): Promise<ReplyOutcome> {
    const { signal } = this.parts;
    const speech = new LiveSpeech({ playback: this.playback, signal, judge, waits });
    let failure: unknown;
    let outcome: 'played' | 'cut' = 'cut';
    try {
      outcome = await speech.speak(conversation.answer({ ...turn, signal: speech.signal }));
    } catch (error) {
      failure = error;
    }
    const heard = speech.heard();
    conversation.heard(heard === '' ? 0 : speech.heardMs, heard);
    const interrupted = outcome === 'cut' && failure === undefined && !speech.withheld;
    return {
      ...this.outcome(speech.times, { heard, interrupted, failure }),
      ...{ llmTokens: speech.tokens, ttsCharacters: 0, spokenBy: conversation.endpoint },
    };
  }

  /** Says a given text. */
  async recite(text: string): Promise<ReplyOutcome> {
    const splitter = new SentenceSplitter();
    const sentences = [...splitter.push(text), ...splitter.flush()];
    return await this.speakAll(this.spoken(sentences));
  }

  private async speakAll(
    sentences: AsyncIterable<string>,
    judge: Judge = unjudged,
    instead = '',
  ): Promise<ReplyOutcome> {
    const { speech } = this;
    let failure: unknown;
    let outcome: 'played' | 'cut' = 'cut';
    try {
      outcome = await speech.speak(sentences, judge, instead);
    } catch (error) {
      failure = error;
    }
    const interrupted = outcome === 'cut' && failure === undefined;
    return {
      ...this.outcome(speech.times, { heard: speech.heard(), interrupted, failure }),
      ...{ llmTokens: this.tokens, ttsCharacters: speech.characters },
    };
  }

  private outcome(
    { firstSentenceAt, ttsFirstByteAt }: SpeechTimes,
    what: Pick<ReplyOutcome, 'heard' | 'interrupted' | 'failure'>,
  ): Omit<ReplyOutcome, 'llmTokens' | 'ttsCharacters'> {
    const { trace } = this.parts;
    if (firstSentenceAt !== undefined) trace.firstSentenceAt = firstSentenceAt;
    if (ttsFirstByteAt !== undefined) trace.ttsFirstByteAt = ttsFirstByteAt;
    const endedAt = new Date();
    return { ...what, startedAt: this.startedAt ?? endedAt, endedAt };
  }

  private async *sentences(
    model: LanguageModel,
    prompt: ChatPrompt,
    tools: readonly NpcTool[],
  ): AsyncGenerator<string, void, undefined> {
    const splitter = new SentenceSplitter();
    const stream = model.answer(prompt, this.parts.signal, tools);
    let pieces = 0;
    for (let next = await stream.next(); ; next = await stream.next()) {
      if (next.done === true) {
        this.tokens = next.value.tokens;
        break;
      }
      this.parts.trace.firstTokenAt ??= monotonicMs();
      // Until the provider says, a piece counts as a token: an answer that is cut has no usage.
      this.tokens = ++pieces;
      yield* this.spoken(splitter.push(next.value));
    }
    yield* this.spoken(splitter.flush());
  }

  private async *spoken(sentences: readonly string[]): AsyncGenerator<string, void, undefined> {
    for (const sentence of sentences) {
      const text = speakable(sentence, this.parts.npc.name);
      if (text !== '') yield text;
    }
  }
}
