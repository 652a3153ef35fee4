import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namesInPrompt } from './names.ts';
import { PoolFull, RecogniserPool } from './pool.ts';
import { RecogniserGone } from './process.ts';
import { Recogniser } from './recogniser.ts';

/**
 * A program that speaks recogniser.c's protocol. It writes down what it is asked, knows the word "greta", refuses to
 * add "mute", and hears one word for each recording: "greta(2)" between silences. A recording whose first sample is 13
 * is never answered; one whose first sample is 99 ends the program.
 */
const PROGRAM = `
const fs = require('node:fs');
const log = (line) => fs.appendFileSync(process.argv[2], line + '\\n');
const put = (text) => process.stdout.write(text);
let bytes = Buffer.alloc(0);
log('started');
put('ready\\n');
process.stdin.on('data', (piece) => {
  bytes = Buffer.concat([bytes, piece]);
  for (;;) {
    const end = bytes.indexOf(10);
    if (end < 0) return;
    const words = bytes.toString('utf8', 0, end).split(' ');
    const size = words[0] === 'hear' ? Number(words[1]) : words[0] === 'model' ? Number(words[2]) : 0;
    if (bytes.length < end + 1 + size) return;
    const body = bytes.subarray(end + 1, end + 1 + size);
    bytes = bytes.subarray(end + 1 + size);
    log(words[0] === 'model' || words[0] === 'hear' ? words[0] : words.join(' '));
    if (words[0] === 'look') put(words[1] === 'greta' ? 'yes\\n' : 'no\\n');
    else if (words[0] === 'add') put(words[1] === 'mute' ? 'no\\n' : 'yes\\n');
    else if (words[0] === 'model') put('yes\\n');
    else if (body.readInt16LE(3200) === 99) process.exit(3);
    else if (body.readInt16LE(3200) !== 13) {
      put('3 -100\\n0 9 1.0000 <s>\\n10 39 0.9000 greta(2)\\n40 49 1.0000 <sil>\\n');
    }
  }
});
`;

let folder: string;
let asked: string;
const open: Recogniser[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-recogniser-'));
  asked = join(folder, 'asked');
  await writeFile(asked, '');
  await writeFile(join(folder, 'program'), `#!${process.execPath}\n${PROGRAM}`);
  await chmod(join(folder, 'program'), 0o755);
});

afterEach(async () => {
  for (const recogniser of open.splice(0)) await recogniser.close();
  await rm(folder, { recursive: true });
});

function recogniser(graceMs = 0): Recogniser {
  const files = {
    program: join(folder, 'program'),
    acousticModel: asked,
    dictionary: '-',
    languageModel: '-',
  };
  const made = new Recogniser(files, ['{name} stop'], async (words) => words.map(() => ['ɡɹˈɛɾə']), graceMs);
  open.push(made);
  return made;
}

const requests = async () => (await readFile(asked, 'utf8')).trim().split('\n');
const prompt = namesInPrompt('Greta, Elowen');
const never = new AbortController().signal;
/** Half a second whose first sample says what the program shall do. */
const sound = (first: number) => new Int16Array(8000).fill(first, 0, 1);

/** Waits for something that another process does; the test's own timeout bounds it. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

describe('Recogniser', () => {
  it('gives words in their spelling, and in the time of the recording without the margin before it', async () => {
    const { words } = await recogniser().hear(sound(0), prompt, never);
    expect(words).toMatchObject([{ word: 'Greta', posterior: 0.9 }]);
    expect(words[0]?.start).toBeCloseTo(0, 6);
    expect(words[0]?.end).toBeCloseTo(0.3, 6);
  });

  it('teaches names before it listens: new ones, and another pronunciation of known ones', async () => {
    await recogniser().hear(sound(0), prompt, never);
    expect(await requests()).toEqual([
      'started',
      'look greta',
      'add greta(2) G R EH T AH',
      'look elowen',
      'add elowen G R EH T AH',
      'model',
      'hear',
    ]);
  });

  it('keeps process and vocabulary from one recording to the next', async () => {
    const one = recogniser();
    await one.hear(sound(0), prompt, never);
    await one.hear(sound(0), prompt, never);
    expect((await requests()).slice(-2)).toEqual(['hear', 'hear']);
    await one.hear(sound(0), namesInPrompt('Greta, Bruno'), never);
    expect((await requests()).slice(-4)).toEqual(['look bruno', 'add bruno G R EH T AH', 'model', 'hear']);
  });

  it('reports the names that could not be taught', async () => {
    const { outOfVocabulary } = await recogniser().hear(sound(0), namesInPrompt('Greta, Mute, Ольга'), never);
    expect(outOfVocabulary).toEqual(['Ольга', 'Mute']);
  });

  it('ends the process when the one who asked has left, and starts another for the next', async () => {
    const one = recogniser();
    const left = new AbortController();
    const answer = one.hear(sound(13), prompt, left.signal);
    await until(async () => (await requests()).at(-1) === 'hear');
    left.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
    expect((await one.hear(sound(0), prompt, never)).words).toHaveLength(1);
    expect((await requests()).filter((line) => line === 'started')).toHaveLength(2);
  });

  it('keeps the process for the next when the one who asked has left shortly before the end', async () => {
    const one = recogniser(60_000);
    const left = new AbortController();
    const answer = one.hear(sound(0), prompt, left.signal);
    left.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
    expect((await one.hear(sound(0), prompt, never)).words).toHaveLength(1);
    expect((await requests()).filter((line) => line === 'started')).toHaveLength(1);
  });

  it('says so when the program dies, and recovers with the next recording', async () => {
    const one = recogniser();
    const failure = await one.hear(sound(99), prompt, never).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RecogniserGone);
    expect(String(failure)).toMatch(/status 3/);
    expect((await one.hear(sound(0), prompt, never)).words).toHaveLength(1);
  });

  it('says which program could not be started', async () => {
    const files = { program: '/nowhere/recogniser', acousticModel: '-', dictionary: '-', languageModel: '-' };
    const missing = new Recogniser(files, [], async () => []);
    await expect(missing.hear(sound(0), prompt, never)).rejects.toThrow(/\/nowhere\/recogniser/);
  });
});

describe('RecogniserPool', () => {
  it('refuses what neither runs nor fits into the queue, and serves what waits in order', async () => {
    const pool = new RecogniserPool([recogniser()], 1);
    const left = new AbortController();
    const first = pool.hear(sound(13), prompt, left.signal);
    const second = pool.hear(sound(0), prompt, never);
    await expect(pool.hear(sound(0), prompt, never)).rejects.toThrow(PoolFull);
    left.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect((await second).words).toHaveLength(1);
  });

  it('frees the place of one who leaves the queue', async () => {
    const pool = new RecogniserPool([recogniser()], 1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = pool.hear(sound(13), prompt, running.signal);
    const second = pool.hear(sound(0), prompt, waiting.signal);
    waiting.abort(new Error('tired'));
    await expect(second).rejects.toThrow('tired');
    const third = pool.hear(sound(0), prompt, never);
    running.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    expect((await third).words).toHaveLength(1);
  });

  it('gives a recording to the recogniser that knows its names', async () => {
    const [one, two] = [recogniser(), recogniser()];
    await two.prepare(prompt, never);
    const pool = new RecogniserPool([one, two], 0);
    await pool.hear(sound(0), prompt, never);
    expect(one.knows(prompt)).toBe(false);
    expect((await requests()).filter((line) => line === 'model')).toHaveLength(1);
  });
});
