/**
 * The conversation at the table: what was heard becomes words, words find their NPC, the NPC answers.
 *
 * Utterances are recognised side by side (people talk over each other); {@link Answers} go one after another.
 */
import { randomUUID } from 'node:crypto';
import type { ProviderRole } from '../../src/api/provider-roles.ts';
import type { Speak } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import type { SpeechToSpeech } from '../realtime/speech-to-speech.ts';
import type { ResponseTimes } from '../response-times.ts';
import type { SpeechToText } from '../stt/speech-to-text.ts';
import type { Journal } from '../transcript/journal.ts';
import type { Pacer } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import type { HeardUtterance } from '../turn/ears-protocol.ts';
import { addressed } from './addressing.ts';
import { Answers } from './answers.ts';
import { BargeIn } from './barge-in.ts';
import { type Bill, countHeard } from './bill.ts';
import type { Cast } from './cast.ts';
import type { LanguageModel } from './language-model.ts';
import type { RoomMemory } from './memory.ts';
import type { Mind } from './mind.ts';
import type { ModerationProvider } from './moderation/judging.ts';
import { Setting } from './setting.ts';
import type { Spoken } from './turn-end.ts';
import { stagesOf, type TurnTrace } from './turn-trace.ts';

export interface ConversationProviders {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  /** Loaded while the first utterance is still being spoken. */
  readonly llm: Promise<LanguageModel>;
  /** Undefined: what NPCs say passes their own checks alone. */
  readonly moderation?: ModerationProvider | undefined;
  /** Undefined: no NPC can have the engine. */
  readonly speechToSpeech?: SpeechToSpeech | undefined;
  readonly bill: Bill;
  readonly models: readonly string[];
}

export interface ConversationParts {
  readonly pacer: Pacer;
  readonly journal: Journal;
  readonly memory: RoomMemory;
  readonly mind: Mind;
  readonly responses: ResponseTimes;
  readonly log: Logger;
  readonly buildSha: string;
  /** How a person in the channel is called. */
  readonly displayName: (userId: string) => string;
  /** False: nothing that is heard is recognised or answered. */
  readonly takesTurns: () => boolean;
  /** A sentence was not said because of what it was. */
  readonly withheld: () => void;
  /** A provider failed and how, or works again (undefined). */
  readonly health: (provider: ProviderRole, failure: string | undefined) => void;
}

/** What recognisers write when there was nothing to recognise. */
const NOISE = /^[\s.,!?…-]*$|^[[(*][^\])*]*[\])*][\s.]*$/;

export class Conversation {
  private readonly parts: ConversationParts;
  private readonly setting: Setting;
  private readonly bargeIn: BargeIn;
  private readonly answers: Answers;
  private readonly over = new AbortController();
  /** Until when what a person said is not to be remembered, by user id. */
  private readonly forgotten = new Map<string, number>();

  constructor(parts: ConversationParts, cast: Cast, providers: ConversationProviders) {
    this.parts = parts;
    this.setting = new Setting({ cast, providers, buildSha: parts.buildSha });
    this.bargeIn = new BargeIn(parts.log);
    this.answers = new Answers(parts, this.setting, this.bargeIn);
  }

  configure(cast: Cast, providers: ConversationProviders, revision: string): void {
    this.recast(cast);
    this.setting.providers = providers;
    this.setting.revision = revision;
  }

  /** Who plays from now on. */
  recast(cast: Cast): void {
    this.setting.cast = cast;
    this.answers.recast(cast);
  }

  /** A person's voice has been going on for `continuousMs`: whoever of the NPCs is being heard falls silent. */
  voicing(userId: string, continuousMs: number): void {
    this.bargeIn.voicing(userId, continuousMs);
  }

  /** Never rejects. */
  async utterance(heard: HeardUtterance): Promise<void> {
    const correlationId = randomUUID();
    const log = this.parts.log.child({ corr: correlationId, intent: 'turn' });
    if (!this.parts.takesTurns() || !this.mayKeep(heard)) {
      log.info({ userId: heard.userId }, 'No turn is taken');
      return;
    }
    const { lastPacketAt, lastVoiceAt, endpointedAt } = heard;
    const trace: TurnTrace = { correlationId, lastPacketAt, lastVoiceAt, endpointedAt };
    this.bargeIn.recognising(heard.userId);
    try {
      const words = await this.transcribe(heard);
      trace.transcribedAt = monotonicMs();
      // What somebody wants forgotten, or not to be heard, was nothing.
      const text = this.mayKeep(heard) ? words : '';
      const noise = NOISE.test(text);
      const verdict = await this.bargeIn.recognised(heard.userId, noise ? '' : text);
      if (noise) {
        log.debug({ userId: heard.userId, seconds: heard.seconds }, 'Nothing was said');
        return;
      }
      this.turn(heard, text, { trace, log, listening: verdict === 'resume' });
    } catch (error) {
      void this.bargeIn.recognised(heard.userId, undefined);
      if (!this.over.signal.aborted)
        log.warn({ err: error, userId: heard.userId }, 'An utterance was not understood');
    }
  }

  /** What the person has said until now is not remembered; what is being recognised of it comes to nothing. */
  forget(userId: string): void {
    this.forgotten.set(userId, monotonicMs());
    this.parts.memory.forget(userId);
    this.answers.forget();
  }

  /** Says a text as an NPC, ahead of everything that waits. */
  async speak(request: Speak): Promise<Spoken> {
    return await this.answers.speak(request);
  }

  /** Says a text of the installation's own. @returns whether it was heard to its end */
  async announce(text: string): Promise<boolean> {
    return await this.answers.announce(text);
  }

  /** Lets the sentence end, at most `graceMs`; takes nothing more. */
  async close(graceMs: number): Promise<void> {
    const closed = this.answers.close(graceMs);
    this.over.abort(new Error('the session is ending'));
    await closed;
  }

  private mayKeep({ userId, lastPacketAt }: HeardUtterance): boolean {
    return !this.setting.cast.optedOut(userId) && lastPacketAt > (this.forgotten.get(userId) ?? 0);
  }

  private async transcribe(heard: HeardUtterance): Promise<string> {
    const { cast, providers } = this.setting;
    countHeard(this.parts.journal, providers.bill, heard.seconds);
    try {
      const text = await providers.stt.transcribe({
        wav: heard.wav,
        names: cast.names(),
        language: cast.language,
        signal: this.over.signal,
      });
      this.parts.health('stt', undefined);
      return text;
    } catch (error) {
      if (!this.over.signal.aborted)
        this.parts.health('stt', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** @param listening it was a sign of listening, said into an NPC's speech: nobody answers */
  private turn(
    heard: HeardUtterance,
    text: string,
    { trace, log, listening }: { trace: TurnTrace; log: Logger; listening: boolean },
  ): void {
    const { cast } = this.setting;
    const speaker = cast.characterOf(heard.userId) ?? this.parts.displayName(heard.userId);
    const to = addressed(text, cast.addressable(), { language: cast.language, last: this.answers.last });
    trace.addressedAt = monotonicMs();
    this.parts.memory.add({ kind: 'player', speaker, text, userId: heard.userId });
    this.parts.journal.segment({
      startedAt: new Date(Date.now() - (monotonicMs() - trace.lastVoiceAt) - heard.seconds * 1000),
      endedAt: new Date(Date.now() - (monotonicMs() - trace.lastVoiceAt)),
      speakerKind: 'player',
      speakerId: heard.userId,
      speakerName: speaker,
      text,
      addressedNpc: to?.npc,
      ...this.setting.reproducible(trace),
    });
    const npc = to === undefined || to.muted || listening ? undefined : cast.npc(to.npc);
    if (npc === undefined || to === undefined) {
      log.info(
        { userId: heard.userId, to: to?.npc, muted: to?.muted ?? false, listening, ...stagesOf(trace) },
        'Turn without answer',
      );
      return;
    }
    this.answers.answer(npc, { trace, to, log, wav: heard.wav });
  }
}
