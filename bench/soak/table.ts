// A session around one worker, and what may go wrong in it: whoever asks counts what comes back.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { PersonHandle } from '../../test/discord/api.ts';
import { Scene, type WorkerRun } from '../../test/integration/worker/scene.ts';
import type { Measured, MemorySample } from './results.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly databaseUrl: string;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
}

/** In turn, so that no NPC answers because it answered last. */
const QUESTIONS: readonly (readonly [npc: 'Greta' | 'Bruno', words: string])[] = [
  ['Bruno', 'Bruno, can you mend my sword?'],
  ['Greta', 'Greta, what is on the menu tonight?'],
];
const ASK_EVERY_MS = 10_000;
const VISIT_EVERY_MS = 20_000;
const SAMPLE_EVERY_MS = 5_000;
const NOTE_EVERY_MS = 60_000;
const ANSWER_LIMIT_MS = 20_000;
/** A person who breaks off for longer has said two things. */
const MOST_GAP_MS = 200;
/** Between two sentences of one answer there is less. */
const ANSWER_ENDS_MS = 1500;
const NETWORK = { loss: 0.02, jitterMs: 30, reorder: 0.05, extension: true };
const COUNTED = /^skald_worker_((?:dropped|late|bad|lost|concealed|reordered)_\w+)(?:\{[^}]*\})? (\d+)$/gm;

/** Runs one soak to its end. @throws the signal's reason when it is aborted. */
export async function soak(options: SoakOptions): Promise<Measured> {
  const scene = await Scene.create({ databaseUrl: options.databaseUrl });
  try {
    return await new Soak(scene, options).run();
  } finally {
    await scene.close();
  }
}

class Soak {
  readonly #scene: Scene;
  readonly #options: SoakOptions;
  readonly #memory: MemorySample[] = [];
  readonly #degraded: string[] = [];
  #startedAt = performance.now();
  #questions = 0;
  #answered = 0;
  #stalled = 0;
  #undecryptable = 0;
  #visits = 0;
  #reportsSeen = 0;

  constructor(scene: Scene, options: SoakOptions) {
    this.#scene = scene;
    this.#options = options;
  }

  async run(): Promise<Measured> {
    const scene = this.#scene;
    const alice = await this.#person('Alice');
    const bob = await this.#person('Bob');
    await alice.joinVoice(scene.channelId);
    const worker = scene.worker();
    await scene.listening();
    const identifiedBefore = await this.#identified();
    this.#startedAt = performance.now();
    this.#reportsSeen = scene.gateway.reports.length;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#options.signal]);
    const beside = [this.#visit(bob, signal), this.#sample(worker, signal), this.#tell(signal)];
    try {
      await Promise.race([this.#askOnAndOn(alice), ...beside.map(onlyFailures)]);
      this.#options.signal.throwIfAborted();
    } finally {
      over.abort();
      await Promise.allSettled(beside);
    }
    return {
      minutes: this.#options.minutes,
      questions: this.#questions,
      answered: this.#answered,
      stalled: this.#stalled,
      memory: this.#memory,
      rejoins: (await this.#identified()) - identifiedBefore,
      restarts: scene.gateway.attachedAt.length - 1,
      degraded: this.#degraded,
      undecryptable: this.#undecryptable,
      visits: this.#visits,
      counts: await this.#counts(worker),
    };
  }

  async #person(name: string): Promise<PersonHandle> {
    const person = await this.#scene.simulator.person({ guildId: this.#scene.guildId, name });
    this.#scene.gateway.name(person.userId, name);
    return person;
  }

  get #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  async #askOnAndOn(alice: PersonHandle): Promise<void> {
    const { signal, minutes } = this.#options;
    const lastAskedBefore = minutes * 60_000 - ASK_EVERY_MS / 2;
    for (let turn = 0; turn * ASK_EVERY_MS < lastAskedBefore; turn++) {
      await pause(turn * ASK_EVERY_MS - this.#elapsed, signal);
      const question = QUESTIONS[turn % QUESTIONS.length];
      if (question === undefined || signal.aborted) return;
      const problem = await this.#ask(alice, question, turn).catch((error: unknown) => String(error));
      if (problem === 'stalled') {
        this.#stalled++;
        continue;
      }
      this.#questions++;
      if (problem === undefined) this.#answered++;
      else this.#options.note(`question ${turn + 1} (${question[1]}): ${problem}`);
    }
  }

  /** @returns what was wrong; 'stalled' when it was with the simulator. */
  async #ask(
    alice: PersonHandle,
    [npc, words]: (typeof QUESTIONS)[number],
    seed: number,
  ): Promise<string | undefined> {
    const { providers, bot } = this.#scene;
    await alice.forgetHeard();
    const before = providers.requests.length;
    // A pause in it may be recognised before its end is: any number of times.
    providers.assume(words);
    const { startedAt, longestGapMs } = await alice.say(await this.#scene.speech(words), {
      impairments: { ...NETWORK, seed },
    });
    const heard = await alice
      .waitToHear({
        from: bot.applicationId,
        afterMs: startedAt,
        silenceMs: ANSWER_ENDS_MS,
        timeoutMs: ANSWER_LIMIT_MS,
      })
      .catch(() => undefined);
    this.#undecryptable += heard?.undecryptable ?? 0;
    if (longestGapMs > MOST_GAP_MS) return 'stalled';
    const asked = providers.requests.slice(before);
    if (!asked.some(({ endpoint }) => endpoint === 'transcriptions')) return 'nobody listened';
    const voices = asked
      .filter(({ endpoint }) => endpoint === 'speech')
      .map(({ body }) => (typeof body === 'object' && body !== null ? Reflect.get(body, 'voice') : ''));
    if (voices.length === 0) return 'nobody answered';
    if (voices.some((voice) => voice !== npc.toLowerCase())) return `${voices.join(', ')} answered`;
    return heard === undefined ? 'the answer was not heard' : undefined;
  }

  /** A person who comes and goes: each time the group has new keys, whoever speaks just then. */
  async #visit(bob: PersonHandle, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(VISIT_EVERY_MS / 2, signal);
      if (signal.aborted) return;
      await bob.joinVoice(this.#scene.channelId);
      this.#visits++;
      await pause(VISIT_EVERY_MS / 2, signal);
      await bob.leaveVoice();
    }
  }

  async #sample(worker: WorkerRun, signal: AbortSignal): Promise<void> {
    const pid = await this.#scene.workerPid(worker);
    while (!signal.aborted) {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
      const mb = (field: string): number =>
        Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0) / 1000;
      this.#memory.push({ at: this.#elapsed, pssMB: mb('Pss'), ownMB: mb('Pss_Anon') });
      const { reports } = this.#scene.gateway;
      for (const { state, reason } of reports.slice(this.#reportsSeen)) {
        if (state !== 'WORKER_STATE_RUNNING') this.#degraded.push(`${state} ${reason}`);
      }
      this.#reportsSeen = reports.length;
      await pause(SAMPLE_EVERY_MS, signal);
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(NOTE_EVERY_MS, signal);
      const { pssMB, ownMB } = this.#memory.at(-1) ?? { pssMB: 0, ownMB: 0 };
      const memory = `${pssMB.toFixed(1)} MB, of it ${ownMB.toFixed(1)} MB its own`;
      this.#options.note(
        `${this.#answered} of ${this.#questions} answered, ${this.#visits} visits, worker ${memory}` +
          (this.#degraded.length > 0 ? `, ${this.#degraded.join('; ')}` : ''),
      );
    }
  }

  async #identified(): Promise<number> {
    const events = await this.#scene.simulator.events();
    return events.filter(
      ({ kind, userId }) => kind === 'voiceIdentify' && userId === this.#scene.bot.applicationId,
    ).length;
  }

  async #counts(worker: WorkerRun): Promise<Record<string, number>> {
    const text = await (await fetch(`http://127.0.0.1:${worker.healthPort}/metrics`)).text();
    return Object.fromEntries(
      [...text.matchAll(COUNTED)].map(([, name = '', count]) => [camelCase(name), Number(count)]),
    );
  }
}

/** Never resolves: for what runs beside and must not end the whole. */
async function onlyFailures(work: Promise<void>): Promise<void> {
  await work;
  return await new Promise(() => {});
}

/** Ends early when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => {});
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
