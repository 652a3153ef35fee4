/**
 * The conversation at the table: what was heard becomes words, words find their NPC, the NPC answers.
 *
 * Utterances are recognised side by side (people talk over each other); answers go one after another over
 * one floor. An NPC's line enters memory and transcript as far as it was heard, when it is over.
 */
import { randomUUID } from 'node:crypto';
import type { Npc, Speak } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import type { ResponseTimes } from '../response-times.ts';
import type { SpeechToText } from '../stt/speech-to-text.ts';
import type { Journal } from '../transcript/journal.ts';
import type { Pacer } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import type { HeardUtterance } from '../turn/ears-protocol.ts';
import { type Addressed, addressed } from './addressing.ts';
import { type Bill, countHeard, countSpoken } from './bill.ts';
import type { Cast } from './cast.ts';
import { type DropReason, Floor } from './floor.ts';
import { Interruption, type Verdict } from './interruption.ts';
import type { LanguageModel } from './language-model.ts';
import type { RoomMemory } from './memory.ts';
import { buildPrompt } from './prompt.ts';
import { Reply, type ReplyOutcome } from './reply.ts';
import { toolbox } from './tools/toolbox.ts';
import { type Spoken, spokenOf, type TurnEnd } from './turn-end.ts';
import { stagesOf, type TurnTrace } from './turn-trace.ts';

export interface ConversationProviders {
  readonly stt: SpeechToText;
  readonly tts: TextToSpeech;
  /** Loaded while the first utterance is still being spoken. */
  readonly llm: Promise<LanguageModel>;
  readonly bill: Bill;
  readonly models: readonly string[];
}

export interface ConversationParts {
  readonly pacer: Pacer;
  readonly journal: Journal;
  readonly memory: RoomMemory;
  readonly responses: ResponseTimes;
  readonly log: Logger;
  readonly buildSha: string;
  /** How a person in the channel is called. */
  readonly displayName: (userId: string) => string;
  /** False: nothing that is heard is recognised or answered. */
  readonly takesTurns: () => boolean;
  /** A provider failed and how, or works again (undefined). */
  readonly health: (provider: 'stt' | 'llm' | 'tts', failure: string | undefined) => void;
}

interface Audible {
  readonly npc: string;
  readonly reply: Reply;
  /** Resolves when it is over and remembered. */
  readonly over: Promise<void>;
}

/** What recognisers write when there was nothing to recognise. */
const NOISE = /^[\s.,!?…-]*$|^[[(*][^\])*]*[\])*][\s.]*$/;

export class Conversation {
  private readonly parts: ConversationParts;
  private cast: Cast;
  private providers: ConversationProviders;
  private revision = '';
  private readonly floor = new Floor();
  private readonly over = new AbortController();
  private last: { npc: string; at: number } | undefined;
  /** The answer on the floor, once people hear it. */
  private audible: Audible | undefined;
  private readonly interruption = new Interruption();
  /** Until when what a person said is not to be remembered, by user id. */
  private readonly forgotten = new Map<string, number>();
  private interruptionTimer: NodeJS.Timeout | undefined;

  constructor(parts: ConversationParts, cast: Cast, providers: ConversationProviders) {
    this.parts = parts;
    this.cast = cast;
    this.providers = providers;
  }

  configure(cast: Cast, providers: ConversationProviders, revision: string): void {
    this.recast(cast);
    this.providers = providers;
    this.revision = revision;
  }

  /** Who plays from now on. An NPC that is muted falls silent at once, in mid-sentence. */
  recast(cast: Cast): void {
    this.cast = cast;
    this.floor.silence(cast.muted);
  }

  /** A person's voice has been going on for `continuousMs`: whoever of the NPCs is being heard falls silent. */
  voicing(userId: string, continuousMs: number): void {
    if (this.audible === undefined) return;
    this.interrupt(userId, this.interruption.voicing(userId, continuousMs, monotonicMs()));
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
    this.interruption.recognising(heard.userId);
    try {
      const words = await this.transcribe(heard);
      trace.transcribedAt = monotonicMs();
      // What somebody wants forgotten, or not to be heard, was nothing.
      const text = this.mayKeep(heard) ? words : '';
      const noise = NOISE.test(text);
      const verdict = this.interruption.recognised(heard.userId, noise ? '' : text);
      await this.interrupt(heard.userId, verdict);
      if (noise) {
        log.debug({ userId: heard.userId, seconds: heard.seconds }, 'Nothing was said');
        return;
      }
      this.turn(heard, text, { trace, log, listening: verdict === 'resume' });
    } catch (error) {
      this.interrupt(heard.userId, this.interruption.recognised(heard.userId, undefined));
      if (!this.over.signal.aborted)
        log.warn({ err: error, userId: heard.userId }, 'An utterance was not understood');
    }
  }

  /** What the person has said until now is not remembered; what is being recognised of it comes to nothing. */
  forget(userId: string): void {
    this.forgotten.set(userId, monotonicMs());
    this.parts.memory.forget(userId);
  }

  private mayKeep({ userId, lastPacketAt }: HeardUtterance): boolean {
    return !this.cast.optedOut(userId) && lastPacketAt > (this.forgotten.get(userId) ?? 0);
  }

  /** Says a text as an NPC, ahead of everything that waits. */
  async speak(request: Speak): Promise<Spoken> {
    const npc = this.cast.npc(request.npc);
    if (npc === undefined) return { reason: 'UnknownNpc', error: `There is no NPC named "${request.npc}".` };
    if (this.cast.muted.has(npc.name)) return spokenOf({ kind: 'dropped', reason: 'Muted' });
    const now = monotonicMs();
    const correlationId = request.correlationId || randomUUID();
    const trace: TurnTrace = { correlationId, lastPacketAt: now, lastVoiceAt: now, endpointedAt: now };
    const { promise, resolve } = Promise.withResolvers<TurnEnd>();
    this.take(npc, trace, 'gameMaster', resolve, (reply) => reply.recite(request.text));
    return spokenOf(await promise);
  }

  /**
   * Says a text of the installation's own, in the voice of whoever helps the game master, else of the first NPC. It is
   * nobody's line: neither memory nor transcript has it.
   *
   * @returns whether it was heard to its end
   */
  async announce(text: string): Promise<boolean> {
    const voice = this.cast.announcer();
    if (voice === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.floor.ask({
      // Not the NPC's: to mute it silences no notice.
      speaker: '',
      priority: 'gameMaster',
      finish: () => {},
      dropped: () => resolve(false),
      run: async (signal) => {
        const now = monotonicMs();
        const trace = { correlationId: randomUUID(), lastPacketAt: now, lastVoiceAt: now, endpointedAt: now };
        const { pacer } = this.parts;
        const { tts } = this.providers;
        const speaking = new Reply({ npc: voice, tts, pacer, signal, trace, onFirstPacket: () => {} });
        const outcome = await speaking.recite(text);
        countSpoken(this.parts.journal, this.providers.bill, outcome, 0);
        this.judge(outcome);
        resolve(outcome.failure === undefined && !outcome.interrupted);
      },
    });
    return await promise;
  }

  /** Lets the sentence end, at most `graceMs`; takes nothing more. */
  async close(graceMs: number): Promise<void> {
    // What somebody has spoken into is not taken up again only to be ended.
    if (this.interruption.holding) this.floor.cut(new Error('the session is ending'));
    clearTimeout(this.interruptionTimer);
    const closed = this.floor.close(graceMs);
    this.over.abort(new Error('the session is ending'));
    await closed;
  }

  private async transcribe(heard: HeardUtterance): Promise<string> {
    const { stt, bill } = this.providers;
    countHeard(this.parts.journal, bill, heard.seconds);
    try {
      const text = await stt.transcribe({
        wav: heard.wav,
        names: this.cast.names(),
        language: this.cast.language,
        signal: this.over.signal,
      });
      this.parts.health('stt', undefined);
      return text;
    } catch (error) {
      if (!this.over.signal.aborted) this.parts.health('stt', messageOf(error));
      throw error;
    }
  }

  /** Resolves when the answer is over, if it is cut: what was heard of it is then remembered. */
  private async interrupt(userId: string, verdict: Verdict): Promise<void> {
    const { audible } = this;
    clearTimeout(this.interruptionTimer);
    const deadline = this.interruption.deadline();
    if (deadline !== undefined) {
      this.interruptionTimer = setTimeout(
        () => this.interrupt(userId, this.interruption.tick(monotonicMs())),
        Math.max(0, Math.ceil(deadline - monotonicMs())),
      );
    }
    if (audible === undefined || verdict === undefined) return;
    const { npc, reply, over } = audible;
    if (verdict === 'hold') {
      this.parts.log.info({ userId, npc }, 'Interrupted');
      reply.hold();
    } else if (verdict === 'resume') {
      this.parts.log.info({ userId, npc }, 'False interruption: the NPC goes on');
      reply.resume();
    } else {
      this.parts.log.info({ userId, npc }, 'Barge-in');
      this.audible = undefined;
      this.parts.journal.count({ bargeIns: 1 });
      this.floor.cut(new Error('barge-in'));
      await over;
    }
  }

  /** @param listening it was a sign of listening, said into an NPC's speech: nobody answers */
  private turn(
    heard: HeardUtterance,
    text: string,
    { trace, log, listening }: { trace: TurnTrace; log: Logger; listening: boolean },
  ): void {
    const speaker = this.cast.characterOf(heard.userId) ?? this.parts.displayName(heard.userId);
    const to = addressed(text, this.cast.addressable(), {
      language: this.cast.language,
      last: this.last === undefined ? undefined : { npc: this.last.npc, agoMs: monotonicMs() - this.last.at },
    });
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
      ...this.reproducible(trace),
    });
    const npc = to === undefined || to.muted || listening ? undefined : this.cast.npc(to.npc);
    if (npc === undefined) {
      log.info(
        { userId: heard.userId, to: to?.npc, muted: to?.muted ?? false, listening, ...stagesOf(trace) },
        'Turn without answer',
      );
      return;
    }
    this.last = { npc: npc.name, at: monotonicMs() };
    this.answer(npc, trace, to, log);
  }

  private answer(npc: Npc, trace: TurnTrace, to: Addressed | undefined, log: Logger): void {
    const done = (end: TurnEnd): void => {
      // What was cut was an answer as far as it went.
      const error = end.kind === 'cut' ? '' : spokenOf(end).error;
      const fields = { npc: npc.name, by: to?.by, score: to?.score, ...stagesOf(trace) };
      if (error === '') log.info(fields, 'Turn');
      else log.warn({ ...fields, error }, 'Turn without a whole answer');
    };
    this.take(npc, trace, 'reply', done, async (reply) => {
      const prompt = buildPrompt(this.cast.persona(npc), this.cast.world(npc), this.parts.memory.recent());
      return await reply.generate(await this.providers.llm, prompt, toolbox(npc, log));
    });
  }

  /** Waits for the floor and speaks. */
  private take(
    npc: Npc,
    trace: TurnTrace,
    priority: 'gameMaster' | 'reply',
    done: (end: TurnEnd) => void,
    say: (reply: Reply) => Promise<ReplyOutcome>,
  ): void {
    let reply: Reply | undefined;
    this.floor.ask({
      speaker: npc.name,
      priority,
      finish: () => reply?.finish(),
      dropped: (reason: DropReason) => done({ kind: 'dropped', reason }),
      run: async (signal) => {
        const over = Promise.withResolvers<void>();
        const speaking = new Reply({
          npc,
          tts: this.providers.tts,
          pacer: this.parts.pacer,
          signal,
          trace,
          onFirstPacket: () => {
            this.audible = { npc: npc.name, reply: speaking, over: over.promise };
            if (priority === 'reply')
              this.parts.responses.add((trace.firstPacketAt ?? 0) - trace.lastPacketAt);
          },
        });
        reply = speaking;
        try {
          const outcome = await say(speaking);
          this.remember(npc, trace, outcome);
          if (outcome.failure !== undefined) done({ kind: 'failed', why: messageOf(outcome.failure) });
          else if (!outcome.interrupted) done({ kind: 'spoken' });
          else if (signal.aborted) done({ kind: 'cut', why: messageOf(signal.reason) });
          else done({ kind: 'unheard' });
        } catch (error) {
          speaking.abandon();
          done({ kind: 'failed', why: messageOf(error) });
        } finally {
          this.audible = undefined;
          this.interruption.over();
          over.resolve();
        }
      },
    });
  }

  private remember(npc: Npc, trace: TurnTrace, outcome: ReplyOutcome): void {
    const { journal, memory } = this.parts;
    countSpoken(journal, this.providers.bill, outcome, outcome.heard === '' ? 0 : 1);
    this.judge(outcome);
    if (outcome.heard === '') return;
    this.last = { npc: npc.name, at: monotonicMs() };
    memory.add({ kind: 'npc', speaker: npc.name, text: outcome.heard });
    journal.segment({
      startedAt: outcome.startedAt,
      endedAt: outcome.endedAt,
      speakerKind: 'npc',
      speakerId: npc.name,
      speakerName: npc.name,
      text: outcome.heard,
      interrupted: outcome.interrupted,
      ...this.reproducible(trace),
    });
  }

  private judge(outcome: ReplyOutcome): void {
    const { failure } = outcome;
    const provider = providerOf(failure);
    if (provider !== undefined) this.parts.health(provider, messageOf(failure));
    // Words came, so the model works, whatever became of them; sound to the end, so the voice does.
    if (provider !== 'llm' && outcome.llmTokens > 0) this.parts.health('llm', undefined);
    if (failure === undefined && outcome.heard !== '') this.parts.health('tts', undefined);
  }

  private reproducible(trace: TurnTrace) {
    return {
      language: this.cast.language || undefined,
      correlationId: trace.correlationId,
      buildSha: this.parts.buildSha,
      models: this.providers.models,
      configRevision: this.revision || undefined,
    };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function providerOf(error: unknown): 'llm' | 'tts' | undefined {
  if (typeof error !== 'object' || error === null || !('provider' in error)) return undefined;
  return error.provider === 'llm' || error.provider === 'tts' ? error.provider : undefined;
}
