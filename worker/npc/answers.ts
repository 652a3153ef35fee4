/**
 * What NPCs say, one after another over one floor. An NPC's line enters memory and transcript as far as it was heard,
 * when it is over.
 */
import { randomUUID } from 'node:crypto';
import { readWav } from '../../src/audio/wav.ts';
import type { Npc, Speak } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import { SpokenConversations } from '../realtime/spoken-conversations.ts';
import type { Addressed } from './addressing.ts';
import type { BargeIn } from './barge-in.ts';
import { countConversed } from './bill.ts';
import type { Cast } from './cast.ts';
import type { ConversationParts } from './conversation.ts';
import { type Asked, Draft } from './draft.ts';
import { type DropReason, Floor } from './floor.ts';
import type { RoomLine } from './memory.ts';
import { type Judge, judging } from './moderation/judging.ts';
import type { ChatPrompt } from './prompt.ts';
import { Reply, type ReplyOutcome, spokenVoice } from './reply.ts';
import type { Setting } from './setting.ts';
import { type Spoken, spokenOf, type TurnEnd } from './turn-end.ts';
import { fieldsOf, type TurnTrace } from './turn-trace.ts';

type AnswersParts = Pick<
  ConversationParts,
  'pacer' | 'journal' | 'memory' | 'mind' | 'responses' | 'log' | 'health' | 'network' | 'withheld'
>;

interface Line {
  readonly npc: Npc;
  readonly trace: TurnTrace;
  readonly priority: 'gameMaster' | 'reply';
  readonly done: (end: TurnEnd) => void;
  readonly say: (reply: Reply, signal: AbortSignal) => Promise<ReplyOutcome>;
}

/** What somebody said to an NPC. */
export interface Question {
  readonly trace: TurnTrace;
  readonly to: Addressed;
  readonly log: Logger;
  /** How it was said: WAV, 16 kHz mono. */
  readonly wav: Uint8Array<ArrayBuffer>;
  /** An answer that was begun before it was all said. */
  readonly draft: Draft | undefined;
}

export class Answers {
  private readonly parts: AnswersParts;
  private readonly setting: Setting;
  private readonly bargeIn: BargeIn;
  private readonly floor = new Floor();
  private readonly spoken = new SpokenConversations();
  private lastAddressed: { npc: string; at: number } | undefined;

  constructor(parts: AnswersParts, setting: Setting, bargeIn: BargeIn) {
    this.parts = parts;
    this.setting = setting;
    this.bargeIn = bargeIn;
  }

  /** Who was addressed last, and how long ago. */
  get last(): { readonly npc: string; readonly agoMs: number } | undefined {
    const last = this.lastAddressed;
    return last === undefined ? undefined : { npc: last.npc, agoMs: monotonicMs() - last.at };
  }

  /** An NPC that is muted falls silent at once, in mid-sentence. */
  recast({ muted }: Cast): void {
    this.floor.silence(muted);
  }

  /** Everybody falls silent, and nobody answers what was said before. */
  stop(): void {
    this.floor.stop(new Error('everyone was told to stop'));
  }

  /**
   * Begins an answer to what a person will have said if this is all, for {@link answer}. Undefined: somebody speaks, and
   * what they say would be missing in it.
   */
  draft(npc: Npc, line: RoomLine, log: Logger): Draft | undefined {
    if (this.floor.busy || npc.engine === 'speechToSpeech') return undefined;
    const lines = this.parts.memory.with(line);
    return new Draft(npc, lines, this.asked(npc, lines, log));
  }

  /** The NPC answers what was heard last. */
  answer(npc: Npc, { trace, to, log, wav, draft }: Question): void {
    this.lastAddressed = { npc: npc.name, at: monotonicMs() };
    let unused = draft;
    let outcome: ReplyOutcome | undefined;
    const done = (end: TurnEnd): void => {
      unused?.discard();
      // What was cut was an answer as far as it went.
      const error = end.kind === 'cut' ? '' : spokenOf(end).error;
      const told = fieldsOf(trace, this.parts.network(), outcome);
      const fields = { npc: npc.name, by: to.by, score: to.score, ...told };
      if (error === '') log.info(fields, 'Turn');
      else log.warn({ ...fields, error }, 'Turn without a whole answer');
    };
    const say = async (reply: Reply, signal: AbortSignal): Promise<ReplyOutcome> => {
      const { cast, providers } = this.setting;
      const lines = this.parts.memory.recent();
      const begun = draft?.fits(npc, lines) === true ? draft : undefined;
      if (begun !== undefined) unused = undefined;
      trace.drafted = begun !== undefined;
      const { model, prompt, tools } = await (begun?.asked ?? this.asked(npc, lines, log));
      const judge = this.judge(npc, prompt, signal, log);
      const { speechToSpeech } = providers;
      if (npc.engine !== 'speechToSpeech' || speechToSpeech === undefined)
        return await reply.generate(await model, prompt, tools, judge, cast.withheldLine);
      const conversation = this.spoken.of(npc.name, spokenVoice(npc), speechToSpeech);
      const audio = readWav(wav).samples;
      const waits = providers.moderation !== undefined;
      return await reply.converse(conversation, { prompt, audio, tools }, judge, waits);
    };
    const saying = async (reply: Reply, signal: AbortSignal): Promise<ReplyOutcome> => {
      outcome = await say(reply, signal);
      return outcome;
    };
    this.take({ npc, trace, priority: 'reply', done, say: saying });
  }

  /** What models remember by themselves they shall not: somebody wants to be forgotten. */
  forget(): void {
    this.spoken.close();
  }

  /** Says a text as an NPC, ahead of everything that waits. */
  async speak(request: Speak): Promise<Spoken> {
    const { cast } = this.setting;
    const npc = cast.npc(request.npc);
    if (npc === undefined) return { reason: 'UnknownNpc', error: `There is no NPC named "${request.npc}".` };
    if (cast.muted.has(npc.name)) return spokenOf({ kind: 'dropped', reason: 'Muted' });
    const trace = untimed(request.correlationId || randomUUID());
    const { promise, resolve: done } = Promise.withResolvers<TurnEnd>();
    const say = (reply: Reply): Promise<ReplyOutcome> => reply.recite(request.text);
    this.take({ npc, trace, priority: 'gameMaster', done, say });
    return spokenOf(await promise);
  }

  /**
   * Says a text of the installation's own, in the voice of whoever helps the game master, else of the first NPC. It is
   * nobody's line: neither memory nor transcript has it.
   *
   * @returns whether it was heard to its end
   */
  async announce(text: string): Promise<boolean> {
    const npc = this.setting.cast.announcer();
    if (npc === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.floor.ask({
      // Not the NPC's: to mute it silences no notice.
      speaker: '',
      priority: 'gameMaster',
      finish: () => {},
      dropped: () => resolve(false),
      run: async (signal) => {
        const { pacer } = this.parts;
        const { tts } = this.setting.providers;
        const trace = untimed(randomUUID());
        const speaking = new Reply({ npc, tts, pacer, signal, trace, onFirstPacket: () => {} });
        const outcome = await speaking.recite(text);
        this.noteHealth(outcome);
        resolve(outcome.failure === undefined && !outcome.interrupted);
      },
    });
    return await promise;
  }

  /** Lets the sentence end, at most `graceMs`; takes nothing more. */
  async close(graceMs: number): Promise<void> {
    // What somebody has spoken into is not taken up again only to be ended.
    if (this.bargeIn.holding) this.floor.cut(new Error('the session is ending'));
    await this.floor.close(graceMs);
    this.spoken.close();
  }

  private judge(npc: Npc, prompt: ChatPrompt, signal: AbortSignal, log: Logger): Judge {
    const { cast, providers } = this.setting;
    const { journal, health } = this.parts;
    return judging({
      npc: cast.persona(npc),
      confidential: cast.confidential(npc),
      said: prompt.messages.map(({ content }) => content),
      provider: providers.moderation?.({
        health: (failure) => health('moderation', failure),
        judged: (characters, price) => journal.count({ spendUSD: characters * price }),
      }),
      signal,
      onWithheld: ({ reason, detail }) => {
        this.parts.withheld();
        log.warn({ npc: npc.name, intent: 'moderation', reason, detail }, 'A sentence was withheld');
      },
    });
  }

  private async asked(npc: Npc, lines: readonly RoomLine[], log: Logger): Promise<Asked> {
    const { cast, providers } = this.setting;
    const { prompt, tools } = await this.parts.mind.think(npc, cast, lines, log);
    return { model: providers.llm, prompt, tools };
  }

  /** Waits for the floor and speaks. */
  private take({ npc, trace, priority, done, say }: Line): void {
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
          tts: this.setting.providers.tts,
          pacer: this.parts.pacer,
          signal,
          trace,
          onFirstPacket: () => {
            this.bargeIn.begin({
              npc: npc.name,
              hold: () => speaking.hold(),
              resume: () => speaking.resume(),
              cut: () => {
                this.parts.journal.count({ bargeIns: 1 });
                this.floor.cut(new Error('barge-in'));
              },
              over: over.promise,
            });
            if (priority === 'reply')
              this.parts.responses.add((trace.firstPacketAt ?? 0) - trace.lastPacketAt);
          },
        });
        reply = speaking;
        try {
          const outcome = await say(speaking, signal);
          this.remember(npc, trace, outcome);
          if (outcome.failure !== undefined) done({ kind: 'failed', why: messageOf(outcome.failure) });
          else if (!outcome.interrupted) done({ kind: 'spoken' });
          else if (signal.aborted) done({ kind: 'cut', why: messageOf(signal.reason) });
          else done({ kind: 'unheard' });
        } catch (error) {
          speaking.abandon();
          done({ kind: 'failed', why: messageOf(error) });
        } finally {
          this.bargeIn.over();
          over.resolve();
        }
      },
    });
  }

  private remember(npc: Npc, trace: TurnTrace, outcome: ReplyOutcome): void {
    const { journal, memory } = this.parts;
    if (outcome.spokenBy !== undefined) countConversed(journal, outcome.spokenBy, outcome.llmTokens);
    if (outcome.heard !== '') journal.count({ replies: 1 });
    this.noteHealth(outcome);
    if (outcome.heard === '') return;
    this.lastAddressed = { npc: npc.name, at: monotonicMs() };
    memory.add({ kind: 'npc', speaker: npc.name, text: outcome.heard });
    journal.segment({
      startedAt: outcome.startedAt,
      endedAt: outcome.endedAt,
      speakerKind: 'npc',
      speakerId: npc.name,
      speakerName: npc.name,
      text: outcome.heard,
      interrupted: outcome.interrupted,
      ...this.setting.reproducible(trace),
    });
  }

  private noteHealth(outcome: ReplyOutcome): void {
    const { failure, spokenBy } = outcome;
    const { health } = this.parts;
    const provider = providerOf(failure);
    if (provider !== undefined) health(provider, messageOf(failure));
    if (spokenBy !== undefined) {
      if (failure === undefined && outcome.heard !== '') health('speechToSpeech', undefined);
      return;
    }
    // Words came, so the model works, whatever became of them; sound to the end, so the voice does.
    if (provider !== 'llm' && outcome.llmTokens > 0) health('llm', undefined);
    if (failure === undefined && outcome.heard !== '') health('tts', undefined);
  }
}

/** Of a line that answers nobody. */
function untimed(correlationId: string): TurnTrace {
  const now = monotonicMs();
  return { correlationId, lastPacketAt: now, lastVoiceAt: now, endpointedAt: now };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function providerOf(error: unknown): 'llm' | 'tts' | 'speechToSpeech' | undefined {
  if (typeof error !== 'object' || error === null || !('provider' in error)) return undefined;
  return SPEAKING.find((role) => role === error.provider);
}

/** Roles that an answer can fail by. */
const SPEAKING = ['llm', 'tts', 'speechToSpeech'] as const;
