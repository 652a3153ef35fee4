/**
 * The conversation at the table: what was heard becomes words, words find their NPC, the NPC answers.
 *
 * Utterances are recognised side by side (people talk over each other); {@link Answers} go one after another. What a
 * person is still saying can have been recognised and its answer begun: see {@link Listening} and {@link Draft}.
 */
import { randomUUID } from 'node:crypto';
import type { ProviderRole } from '../../src/api/provider-roles.ts';
import type { NpcCommand, Speak } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import type { SpeechToSpeech } from '../realtime/speech-to-speech.ts';
import type { ResponseTimes } from '../response-times.ts';
import type { SpeechToText } from '../stt/speech-to-text.ts';
import type { Journal } from '../transcript/journal.ts';
import type { Pacer } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import type { HeardUtterance, SpeechEvent } from '../turn/ears-protocol.ts';
import { isUnfinished } from '../turn/end-of-turn.ts';
import type { LaneSettings } from '../turn/lane.ts';
import { type Addressed, addressed } from './addressing.ts';
import { Answers } from './answers.ts';
import { BargeIn } from './barge-in.ts';
import type { Cast } from './cast.ts';
import { type Draft, sameWords } from './draft.ts';
import type { LanguageModel } from './language-model.ts';
import { Listening } from './listening.ts';
import type { RoomLine, RoomMemory } from './memory.ts';
import type { Mind } from './mind.ts';
import type { ModerationProvider } from './moderation/judging.ts';
import { Setting, type Settings } from './setting.ts';
import { type SpokenCommand, spokenCommand } from './spoken-commands.ts';
import type { Spoken } from './turn-end.ts';
import { fieldsOf, type TurnTrace } from './turn-trace.ts';

export interface ConversationProviders {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  /** Loaded while the first utterance is still being spoken. */
  readonly llm: Promise<LanguageModel>;
  /** Undefined: what NPCs say passes their own checks alone. */
  readonly moderation?: ModerationProvider | undefined;
  /** Undefined: no NPC can have the engine. */
  readonly speechToSpeech?: SpeechToSpeech | undefined;
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
  /** Whether the person may command NPCs aloud. */
  readonly isGameMaster: (userId: string) => boolean;
  /** To be done by the gateway: a game master has said it. */
  readonly command: (command: NpcCommand) => void;
  /** False: nothing that is heard is recognised or answered. */
  readonly takesTurns: () => boolean;
  /** A sentence was not said because of what it was. */
  readonly withheld: () => void;
  /** What the listening thread has to tell of utterances that are being spoken. */
  readonly listen: (lane: Partial<LaneSettings>) => void;
  /** A person's pause ends the utterance when it has lasted so long; see {@link Lane.endpoint}. */
  readonly endpoint: (userId: string, pause: number, delayMs: number) => void;
  /** How the channel's packets come in. */
  readonly network: () => { readonly jitterMs: number; readonly packetLoss: number };
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
  private readonly listening: Listening;
  private readonly over = new AbortController();
  /** Answers to what people will have said if they say no more, by user id. */
  private readonly drafts = new Map<string, { readonly text: string; readonly draft: Draft }>();
  /** Until when what a person said is not to be remembered, by user id. */
  private readonly forgotten = new Map<string, number>();

  constructor(parts: ConversationParts, settings: Settings) {
    this.parts = parts;
    this.setting = new Setting(settings, parts.buildSha);
    this.bargeIn = new BargeIn(parts.log);
    this.answers = new Answers(parts, this.setting, this.bargeIn);
    this.listening = new Listening({
      ...parts,
      setting: this.setting,
      signal: this.over.signal,
      holding: () => this.bargeIn.holding,
      guessed: (userId, text) => this.guessed(userId, text),
      wentOn: (userId) => this.discardDraft(userId),
    });
    this.listening.configure();
  }

  configure({ cast, providers, turnTaking, revision }: Settings): void {
    this.setting.providers = providers;
    this.setting.turnTaking = turnTaking;
    this.setting.revision = revision;
    this.recast(cast);
  }

  /** Who plays from now on. */
  recast(cast: Cast): void {
    this.setting.cast = cast;
    this.answers.recast(cast);
    this.listening.configure();
  }

  /** A person's voice has been going on for `continuousMs`: whoever of the NPCs is being heard falls silent. */
  voicing(userId: string, continuousMs: number): void {
    this.bargeIn.voicing(userId, continuousMs);
  }

  /** Somebody is speaking. */
  speech(event: SpeechEvent): void {
    if (event.type === 'started') this.bargeIn.started(event.userId);
    this.listening.speech(event);
  }

  /** A person's utterance is over. Never rejects. */
  async utterance(heard: HeardUtterance): Promise<void> {
    const { userId } = heard;
    const correlationId = randomUUID();
    const log = this.parts.log.child({ corr: correlationId, intent: 'turn' });
    if (!this.parts.takesTurns() || !this.mayKeep(heard)) {
      this.drop(userId);
      log.info({ userId }, 'No turn is taken');
      return;
    }
    const { lastPacketAt, lastVoiceAt, endpointedAt } = heard;
    const trace: TurnTrace = { correlationId, lastPacketAt, lastVoiceAt, endpointedAt };
    this.bargeIn.recognising(userId);
    try {
      const { text: words, way, rtf } = await this.listening.words(heard);
      trace.transcribedAt = monotonicMs();
      trace.transcript = way;
      trace.sttRtf = rtf;
      // What somebody wants forgotten, or not to be heard, was nothing.
      const text = this.mayKeep(heard) ? words : '';
      const noise = NOISE.test(text);
      const verdict = await this.bargeIn.recognised(userId, noise ? '' : text);
      if (noise) {
        log.debug({ userId, seconds: heard.seconds }, 'Nothing was said');
        return;
      }
      this.turn(heard, text, { trace, log, listening: verdict === 'resume' });
    } catch (error) {
      void this.bargeIn.recognised(userId, undefined);
      if (!this.over.signal.aborted) log.warn({ err: error, userId }, 'An utterance was not understood');
    } finally {
      this.discardDraft(userId);
    }
  }

  /** What the person has said until now is not remembered; what is being recognised of it comes to nothing. */
  forget(userId: string): void {
    this.forgotten.set(userId, monotonicMs());
    this.drop(userId);
    this.parts.memory.forget(userId);
    this.answers.forget();
  }

  /** The person is not to be heard any more, for now: what is being said comes to no end. */
  drop(userId: string): void {
    this.bargeIn.dropped(userId);
    this.listening.forget(userId);
    this.discardDraft(userId);
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
    for (const userId of [...this.drafts.keys()]) this.discardDraft(userId);
    this.listening.close();
    this.over.abort(new Error('the session is ending'));
    await closed;
  }

  private mayKeep({ userId, lastPacketAt }: HeardUtterance): boolean {
    return !this.setting.cast.optedOut(userId) && lastPacketAt > (this.forgotten.get(userId) ?? 0);
  }

  /** A person has said this, and may have finished. */
  private guessed(userId: string, text: string): void {
    const { cast, turnTaking } = this.setting;
    const { log, takesTurns } = this.parts;
    if (sameWords(this.drafts.get(userId)?.text ?? '', text)) return;
    this.discardDraft(userId);
    if (!turnTaking.preemptive || NOISE.test(text) || !takesTurns() || this.over.signal.aborted) return;
    if (isUnfinished(text, cast.language) || this.command(userId, text) !== undefined) return;
    const to = this.addressed(text);
    const npc = to === undefined || to.muted ? undefined : cast.npc(to.npc);
    const draft = npc && this.answers.draft(npc, this.line(userId, text), log.child({ intent: 'draft' }));
    if (draft !== undefined) this.drafts.set(userId, { text, draft });
  }

  private discardDraft(userId: string): void {
    const begun = this.drafts.get(userId);
    if (begun === undefined) return;
    this.drafts.delete(userId);
    begun.draft.discard();
  }

  private line(userId: string, text: string): RoomLine & { readonly kind: 'player' } {
    const speaker = this.setting.cast.characterOf(userId) ?? this.parts.displayName(userId);
    return { kind: 'player', speaker, text, userId };
  }

  private addressed(text: string): Addressed | undefined {
    const { cast } = this.setting;
    return addressed(text, cast.addressable(), { language: cast.language, last: this.answers.last });
  }

  private command(userId: string, text: string): SpokenCommand | undefined {
    const { cast } = this.setting;
    if (!this.parts.isGameMaster(userId)) return undefined;
    return spokenCommand(text, cast.addressable(), cast.language);
  }

  /** @param listening it was a sign of listening, said into an NPC's speech: nobody answers */
  private turn(
    heard: HeardUtterance,
    text: string,
    { trace, log, listening }: { trace: TurnTrace; log: Logger; listening: boolean },
  ): void {
    const { userId } = heard;
    const command = this.command(userId, text);
    const to = command === undefined ? this.addressed(text) : undefined;
    trace.addressedAt = monotonicMs();
    const line = this.line(userId, text);
    // An order is none of the NPCs' conversation.
    if (command === undefined) this.parts.memory.add(line);
    this.parts.journal.segment({
      startedAt: new Date(Date.now() - (monotonicMs() - trace.lastVoiceAt) - heard.seconds * 1000),
      endedAt: new Date(Date.now() - (monotonicMs() - trace.lastVoiceAt)),
      speakerKind: 'player',
      speakerId: userId,
      speakerName: line.speaker,
      text,
      addressedNpc: to?.npc,
      ...this.setting.reproducible(trace),
    });
    if (command !== undefined) {
      log.info(
        { userId, command: command.kind, ...fieldsOf(trace, this.parts.network(), undefined) },
        'Spoken command',
      );
      void this.obey(userId, command, trace.correlationId);
      return;
    }
    const npc = to === undefined || to.muted || listening ? undefined : this.setting.cast.npc(to.npc);
    if (npc === undefined || to === undefined) {
      log.info(
        {
          userId,
          to: to?.npc,
          muted: to?.muted ?? false,
          listening,
          ...fieldsOf(trace, this.parts.network(), undefined),
        },
        'Turn without answer',
      );
      return;
    }
    const draft = this.drafts.get(userId)?.draft;
    this.drafts.delete(userId);
    this.answers.answer(npc, { trace, to, log, wav: heard.wav, draft });
  }

  private async obey(userId: string, command: SpokenCommand, correlationId: string): Promise<void> {
    if (command.kind === 'stop') {
      this.answers.stop();
    } else if (command.kind === 'say') {
      await this.answers.speak({ correlationId, npc: command.npc, text: command.text });
    } else {
      const { kind, npcs } = command;
      // At once, and for good when the gateway has written it and tells everybody.
      const { cast } = this.setting;
      this.recast(cast.withMuted(changed(cast.muted, kind, npcs)));
      this.parts.command({ userId, mute: [], unmute: [], [kind]: [...npcs] });
    }
  }
}

function changed(
  muted: ReadonlySet<string>,
  kind: 'mute' | 'unmute',
  npcs: readonly string[],
): readonly string[] {
  if (kind === 'mute') return [...new Set([...muted, ...npcs])];
  return [...muted].filter((name) => !npcs.includes(name));
}
