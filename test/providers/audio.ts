import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Answer, Refusal } from './answer.ts';
import { hash } from './character.ts';

/** The rate of OpenAI's `pcm` and of its wav files, in samples per second. */
const RATE = 24_000;

/** What one character of text takes to say, in milliseconds: a brisk 15 characters a second. */
export const MILLISECONDS_PER_CHARACTER = 65;

const PIECE_MS = 20;

const speechSchema = z.looseObject({
  model: z.string().min(1),
  input: z.string().min(1).max(4096),
  voice: z.string().min(1),
  response_format: z.enum(['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm']).default('mp3'),
  speed: z.number().min(0.25).max(4).default(1),
});

/**
 * `POST /v1/audio/speech`: a buzz with two formants that move with the text's letters, at a pitch that belongs to the
 * voice, streamed in pieces of 20 ms. Formats are `pcm` (24 kHz, 16 bit, mono) and `wav`. Gives the text spoken.
 */
export async function speak(body: unknown, answer: Answer): Promise<string> {
  const parsed = speechSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Refusal(400, `Invalid value: ${issue?.message}.`, { param: issue?.path.join('.') ?? 'body' });
  }
  const { input, voice, response_format: format, speed } = parsed.data;
  if (format !== 'pcm' && format !== 'wav') {
    throw new Refusal(400, `This double does not encode ${format}; ask for pcm or wav.`, {
      param: 'response_format',
    });
  }
  await answer.begin({ 'content-type': format === 'wav' ? 'audio/wav' : 'audio/pcm' });
  if (format === 'wav') await answer.send(streamedWavHeader());
  for (const piece of buzz(input, voice, { rate: RATE, speed })) await answer.piece(piece);
  answer.end();
  return input;
}

/** Pieces of 20 ms, 16 bit, mono. @param rate samples per second */
export function* buzz(
  text: string,
  voice: string,
  { rate, speed }: { rate: number; speed: number },
): Generator<Uint8Array, void, undefined> {
  const total = Math.round((text.length * MILLISECONDS_PER_CHARACTER * rate) / 1000 / speed);
  const sound = new Buzz(text, voice, total, rate);
  const piece = (rate * PIECE_MS) / 1000;
  for (let start = 0; start < total; start += piece)
    yield sound.samples(start, Math.min(total, start + piece));
}

class Buzz {
  private readonly text: string;
  private readonly total: number;
  private readonly pitch: number;
  private readonly rate: number;

  constructor(text: string, voice: string, total: number, rate: number) {
    this.text = text;
    this.total = total;
    this.rate = rate;
    this.pitch = 90 + (hash(voice) % 130); // hertz: the range of people's voices
  }

  samples(start: number, end: number): Uint8Array {
    const bytes = Buffer.alloc((end - start) * 2);
    for (let at = start; at < end; at++) {
      const letter = this.text.charCodeAt(Math.floor((at / this.total) * this.text.length)) || 32;
      const loudness = letter === 32 ? 0.05 : 0.4;
      const time = at / this.rate;
      const formants =
        0.6 * Math.sin(2 * Math.PI * (300 + (letter % 16) * 35) * time) +
        0.4 * Math.sin(2 * Math.PI * (1000 + (letter % 11) * 130) * time);
      const glottis = 0.5 + 0.5 * Math.sin(2 * Math.PI * this.pitch * time);
      bytes.writeInt16LE(Math.round(32_000 * loudness * formants * glottis), (at - start) * 2);
    }
    return bytes;
  }
}

/** As OpenAI streams wav: the sizes are not known yet. */
function streamedWavHeader(): Uint8Array {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(0xffffffff, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(0xffffffff, 40);
  return header;
}

const HEARD = [
  'sword',
  'dragon',
  'tavern',
  'castle',
  'goblin',
  'silver',
  'forest',
  'river',
  'wizard',
  'bridge',
];

/**
 * `POST /v1/audio/transcriptions`: what is known of it, or else a text made from the recording itself, so that the
 * same recording is always heard the same. Gives that text.
 */
export async function transcribe(
  form: FormData,
  scripted: (wav: Uint8Array) => string | undefined,
  answer: Answer,
): Promise<string> {
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new Refusal(400, 'you must provide a file parameter', { param: 'file' });
  }
  if (typeof form.get('model') !== 'string') {
    throw new Refusal(400, 'you must provide a model parameter', { param: 'model' });
  }
  const bytes = Buffer.from(await file.arrayBuffer());
  if (bytes.length < 44 || bytes.toString('latin1', 0, 4) !== 'RIFF') {
    throw new Refusal(400, 'Invalid file format. Supported formats here: wav.', { param: 'file' });
  }
  const seconds = (bytes.length - 44) / Math.max(1, bytes.readUInt32LE(28));
  const text = scripted(bytes) ?? textOf(bytes, seconds);
  const format = form.get('response_format') ?? 'json';
  if (format === 'text') {
    await answer.begin({ 'content-type': 'text/plain; charset=utf-8' });
    await answer.piece(`${text}\n`);
    answer.end();
  } else if (format === 'verbose_json') {
    const segment = { id: 0, start: 0, end: seconds, text };
    await answer.json({
      task: 'transcribe',
      language: 'english',
      duration: seconds,
      text,
      segments: [segment],
    });
  } else await answer.json({ text });
  return text;
}

/** About two words a second, chosen by the recording's bytes. */
export function textOf(bytes: Uint8Array, seconds: number): string {
  const digest = createHash('sha256').update(bytes).digest();
  const count = Math.max(1, Math.min(digest.length, Math.round(seconds * 2)));
  return Array.from({ length: count }, (_, index) => HEARD[(digest[index] ?? 0) % HEARD.length]).join(' ');
}
