/** One NPC's answer, from the model's first token to the last packet: generate, speak, remember what was heard. */
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { monotonicMs } from '../clock.ts';
import type { Pacer, Playback } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import type { LanguageModel } from './language-model.ts';
import type { ChatPrompt } from './prompt.ts';
import { SentenceSplitter } from './sentences.ts';
import { speakable } from './speakable.ts';
import type { NpcTool } from './tools/tool.ts';
import type { TurnTrace } from './turn-trace.ts';
import { type SpokenVoice, UtteranceSpeech } from './utterance-speech.ts';

export interface ReplyOutcome {
  /** What people really heard of it. */
  readonly heard: string;
  readonly interrupted: boolean;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly llmTokens: number;
  readonly ttsCharacters: number;
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

  /** Answers what the prompt's last message says. */
  async generate(model: LanguageModel, prompt: ChatPrompt, tools: readonly NpcTool[]): Promise<ReplyOutcome> {
    return await this.speakAll(this.sentences(model, prompt, tools));
  }

  /** Says a given text. */
  async recite(text: string): Promise<ReplyOutcome> {
    const splitter = new SentenceSplitter();
    const sentences = [...splitter.push(text), ...splitter.flush()];
    return await this.speakAll(this.spoken(sentences));
  }

  private async speakAll(sentences: AsyncIterable<string>): Promise<ReplyOutcome> {
    let failure: unknown;
    let outcome: 'played' | 'cut' = 'cut';
    try {
      outcome = await this.speech.speak(sentences);
    } catch (error) {
      failure = error;
    }
    const { trace } = this.parts;
    if (this.speech.times.firstSentenceAt !== undefined)
      trace.firstSentenceAt = this.speech.times.firstSentenceAt;
    if (this.speech.times.ttsFirstByteAt !== undefined)
      trace.ttsFirstByteAt = this.speech.times.ttsFirstByteAt;
    const endedAt = new Date();
    return {
      heard: this.speech.heard(),
      interrupted: outcome === 'cut' && failure === undefined,
      startedAt: this.startedAt ?? endedAt,
      endedAt,
      llmTokens: this.tokens,
      ttsCharacters: this.speech.characters,
      failure,
    };
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
