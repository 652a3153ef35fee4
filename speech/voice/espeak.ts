import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How a text is to be spoken. */
export interface Manner {
  /** `language` or `language+variant`, e.g. `en-gb+m3`; one that {@link EspeakVoices} has. */
  readonly voice: string;
  /** 1 is 175 words a minute; espeak-ng speaks no slower than 80 (0.46). */
  readonly speed: number;
  /** 0..2, where 1 is the voice's own pitch. */
  readonly pitch: number;
}

const WORDS_PER_MINUTE = 175;

/** espeak-ng failed; the message holds what it wrote. */
export class EspeakError extends Error {
  override readonly name = 'EspeakError';
}

/** The voices that this espeak-ng can speak with: languages, and variants that bend any of them. */
export class EspeakVoices {
  private readonly languages: ReadonlySet<string>;
  private readonly variants: ReadonlySet<string>;

  constructor(languages: Iterable<string>, variants: Iterable<string>) {
    this.languages = new Set([...languages].map((name) => name.toLowerCase()));
    this.variants = new Set(variants);
  }

  /** Asks the program which voices it has. */
  static async load(program: string, signal: AbortSignal): Promise<EspeakVoices> {
    const [languages, variants] = await Promise.all([
      runEspeak(program, ['--voices'], '', signal),
      runEspeak(program, ['--voices=variant'], '', signal),
    ]);
    return new EspeakVoices(namesOf(languages, /^\s*\d+\s+(\S+)/), namesOf(variants, /\s!v\/(\S+)/));
  }

  has(voice: string): boolean {
    const [language = '', variant, ...more] = voice.split('+');
    return (
      more.length === 0 &&
      this.languages.has(language.toLowerCase()) &&
      (variant === undefined || this.variants.has(variant))
    );
  }

  /** A few names to show to someone who asked for a voice that is not there. */
  some(): string[] {
    const samples = [
      'en-us',
      'en-gb',
      'en-gb+m3',
      'en-us+f2',
      'en-gb-scotland+m7',
      'en-us+croak',
      'de+f4',
      'fr+m1',
    ];
    return samples.filter((voice) => this.has(voice));
  }
}

/**
 * Speaks a text: a stream of mono 16-bit samples at {@link EspeakSound.rate}, the first of them after about 15 ms.
 * Aborting ends the program.
 */
export async function speak(
  program: string,
  text: string,
  manner: Manner,
  signal: AbortSignal,
): Promise<EspeakSound> {
  const child = spawn(program, ['--stdin', '--stdout', '-b', '1', ...mannerArguments(manner)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    complaint = (complaint + piece).slice(0, 500);
  });
  const ended = once(child, 'close');
  ended.catch(() => {}); // reported by whoever reads the sound
  child.stdin.on('error', () => {}); // it ended before it read everything: its status says why
  child.stdin.end(`${withoutPhonemeInput(text)}\n`);

  const bytes: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < WAV_HEADER_BYTES) {
    const { value, done } = await bytes.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  if (head.length < WAV_HEADER_BYTES) {
    await ended;
    throw new EspeakError(`espeak-ng gave no sound: ${complaint.trim() || `status ${child.exitCode}`}`);
  }
  return {
    rate: head.readUInt32LE(24),
    async *samples() {
      let rest = head.subarray(WAV_HEADER_BYTES);
      for (;;) {
        const whole = rest.length - (rest.length % 2);
        if (whole > 0) yield toSamples(rest.subarray(0, whole));
        const { value, done } = await bytes.next();
        if (done) break;
        rest = Buffer.concat([rest.subarray(whole), value]);
      }
      await ended;
      if (child.exitCode !== 0)
        throw new EspeakError(`espeak-ng ended with ${child.exitCode}: ${complaint.trim()}`);
    },
  };
}

/** What {@link speak} gives: the rate is known before the first sample. */
export interface EspeakSound {
  /** Samples per second. */
  readonly rate: number;
  samples(): AsyncGenerator<Int16Array>;
}

const WAV_HEADER_BYTES = 44;

/** How American and British English would say each word, in IPA; an empty list where espeak-ng wrote nothing. */
export async function transcribe(
  program: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<string[][]> {
  // An empty line ends a clause, and each clause is answered on a line of its own.
  const input = `${words.join('\n\n')}\n`;
  const answers = await Promise.all(
    ['en-us', 'en-gb'].map(async (voice) => {
      const text = await runEspeak(program, ['-q', '--ipa', '-v', voice, '--stdin'], input, signal);
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      // Were a word answered on two lines or none, the others would get each other's sounds.
      return lines.length === words.length ? lines : [];
    }),
  );
  return words.map((_, index) => answers.flatMap((lines) => lines[index] ?? []));
}

async function runEspeak(
  program: string,
  args: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    complaint = (complaint + piece).slice(0, 500);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) {
    throw new EspeakError(`${program} ${args.join(' ')} ended with ${child.exitCode}: ${complaint.trim()}`);
  }
  return output;
}

function mannerArguments({ voice, speed, pitch }: Manner): string[] {
  return [
    '-v',
    voice,
    '-s',
    String(Math.round(speed * WORDS_PER_MINUTE)),
    '-p',
    String(Math.max(0, Math.min(99, Math.round(pitch * 50)))),
  ];
}

/** `[[` makes espeak-ng read phoneme names; what an NPC says is text. */
function withoutPhonemeInput(text: string): string {
  return text.replaceAll('[[', '[ [').replaceAll('\0', ' ');
}

function toSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length / 2);
  for (let index = 0; index < samples.length; index++) samples[index] = bytes.readInt16LE(index * 2);
  return samples;
}

/** What the expression captures in each line of a table, below its heading. */
function namesOf(table: string, cell: RegExp): string[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((row) => cell.exec(row)?.[1] ?? []);
}
