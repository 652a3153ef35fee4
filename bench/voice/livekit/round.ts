/** One contender, measured once through: turns, interruptions, what it costs. */
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import type { RecordedRequest } from '../../../test/providers/double.ts';
import type { Doubles } from '../doubles.ts';
import { INTERRUPTION, joined, type Line, spoken, TABLE_TALK } from '../wavs.ts';
import type { Contender } from './contender.ts';
import { Script } from './script.ts';
import { firstAfter, silentAfter } from './sound.ts';

export interface RoundOptions {
  readonly turns: number;
  readonly bargeIns: number;
  /** How long each figure of CPU time is taken. */
  readonly seconds: number;
  readonly questions: readonly Line[];
  readonly doubles: Doubles;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
}

export interface Round {
  /** From the person's last packet, as it leaves, to the first packet of the answer with sound, as it comes. */
  readonly responsesMs: readonly number[];
  /** Turns without an answer, and turns whose question reached the model otherwise than once and whole. */
  readonly missed: number;
  readonly wrong: number;
  /** From the person's first packet into an answer to the answer's last packet with sound before a pause. */
  readonly bargeInsMs: readonly number[];
  /** Interruptions through which the speech went on, or that fell into a pause between two sentences. */
  readonly ignored: number;
  /** Percent of a core, of the process that has the session. */
  readonly cpu: { readonly talking: number; readonly listening: number; readonly silent: number };
  readonly pssMB: number;
}

/** Turns before those that count: connections are opened, code is compiled. */
const WARM_UP = 2;
const ANSWERED_MS = 10_000;
/** So long without sound, and nothing more will come. */
const QUIET_MS = 1_500;
/** How long the character has spoken when it is interrupted, and when what it costs is taken. */
const INTO_MS = 1_500;
/** Shorter than any silence that ends a turn: one long utterance. */
const BREATH_MS = 150;
/** What the doubles' voice takes for a character of text at the table's speed. */
const MS_PER_CHARACTER = 65 / 3;

const SPEECH = 'The road to the ford is long, and there are wolves in the wood. ';

export async function measureRound(contender: Contender, options: RoundOptions): Promise<Round> {
  const { turns, bargeIns, seconds, questions, doubles, signal, note } = options;
  const script = await Script.over(doubles);
  const answers: Answer[] = [];
  for (let index = 0; index < WARM_UP + turns; index++) {
    signal.throwIfAborted();
    const line = questions[index % questions.length];
    if (line === undefined) throw new Error('there is nothing to say');
    const answer = await turn(contender, line, script, signal);
    if (index >= WARM_UP) answers.push(answer);
  }
  const responsesMs = answers.flatMap(({ responseMs }) => responseMs ?? []);
  const interruption = await spoken(INTERRUPTION, note);
  const silences: (number | undefined)[] = [];
  for (let index = 0; index < bargeIns; index++) {
    signal.throwIfAborted();
    silences.push(await interrupt(contender, interruption, script, signal));
  }
  const cpu = await costs(contender, { seconds, signal, note });
  const { pss } = await contender.memory();
  return {
    responsesMs,
    missed: answers.length - responsesMs.length,
    wrong: answers.filter(({ right }) => !right).length,
    bargeInsMs: silences.flatMap((ms) => ms ?? []),
    ignored: silences.filter((ms) => ms === undefined).length,
    cpu,
    pssMB: pss,
  };
}

interface Answer {
  /** Absent: there was none. */
  readonly responseMs?: number;
  readonly right: boolean;
}

async function turn(contender: Contender, line: Line, script: Script, signal: AbortSignal): Promise<Answer> {
  await contender.forget();
  await script.next(line.text);
  const { lastAt } = await contender.say(line);
  const first = await soundAfter(contender, lastAt, signal);
  await quiet(contender, signal);
  const right = understood(await script.requests(), line.text);
  return first === undefined ? { right } : { responseMs: first - lastAt, right };
}

/** Recognised once, as it was said; asked of the model; the answer was spoken. */
function understood(requests: readonly RecordedRequest[], text: string): boolean {
  const heard = requests.filter(({ endpoint }) => endpoint === 'transcriptions');
  const asked = requests.filter(
    ({ endpoint, body }) => endpoint === 'chat' && JSON.stringify(body).includes(text),
  );
  const said = requests.filter(({ endpoint, complete }) => endpoint === 'speech' && complete);
  return heard.length === 1 && heard[0]?.text === text && asked.length > 0 && said.length > 0;
}

/** @returns undefined: nothing was interrupted */
async function interrupt(
  contender: Contender,
  line: Line,
  script: Script,
  signal: AbortSignal,
): Promise<number | undefined> {
  await contender.forget();
  const begun = await contender.now();
  contender.speak(SPEECH.repeat(8));
  if ((await soundAfter(contender, begun, signal)) === undefined) return undefined;
  await delay(INTO_MS, undefined, { signal });
  await script.next(line.text);
  const said = await contender.say(line);
  await quiet(contender, signal);
  return silentAfter(await contender.sounds(), said);
}

async function costs(
  contender: Contender,
  { seconds, signal, note }: Pick<RoundOptions, 'seconds' | 'signal' | 'note'>,
): Promise<Round['cpu']> {
  const percent = async (): Promise<number> => {
    const [before, since] = [await contender.cpuMs(), performance.now()];
    await delay(seconds * 1000, undefined, { signal });
    return (((await contender.cpuMs()) - before) / (performance.now() - since)) * 100;
  };
  const length = seconds * 1000 + 2 * INTO_MS;
  const begun = await contender.now();
  contender.speak(SPEECH.repeat(Math.ceil(length / MS_PER_CHARACTER / SPEECH.length)));
  await soundAfter(contender, begun, signal);
  await delay(INTO_MS, undefined, { signal });
  const talking = await percent();
  await quiet(contender, signal);
  const said = contender.say(await monologue(length / 1000, note));
  await delay(INTO_MS, undefined, { signal });
  const listening = await percent();
  await said;
  await quiet(contender, signal);
  return { talking, listening, silent: await percent() };
}

async function monologue(seconds: number, note: (message: string) => void): Promise<Line> {
  const sentences = await Promise.all(TABLE_TALK.map((text) => spoken(text, note)));
  const once = joined(sentences, BREATH_MS);
  return joined(
    Array.from({ length: Math.ceil(seconds / once.seconds) }, () => once),
    BREATH_MS,
  );
}

async function soundAfter(
  contender: Contender,
  moment: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const end = performance.now() + ANSWERED_MS;
  for (;;) {
    const first = firstAfter(await contender.sounds(), moment);
    if (first !== undefined || performance.now() > end) return first;
    await delay(100, undefined, { signal });
  }
}

/** Resolves when nobody says anything any more. */
async function quiet(contender: Contender, signal: AbortSignal): Promise<void> {
  const since = await contender.now();
  await waitUntil(
    async () =>
      (await contender.now()) - Math.max(since, (await contender.sounds()).at(-1) ?? since) > QUIET_MS,
    { what: 'the answer to end', deadlineMs: 120_000, everyMs: 200, signal },
  );
}
