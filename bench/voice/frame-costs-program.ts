/** Prints what each step costs per frame, as JSON: see frame-costs.ts. */

import { HANN, resample } from '../../src/audio/resampler.ts';
import { readWav, toMono } from '../../src/audio/wav.ts';
import { FrameCutter } from '../../worker/audio/pcm.ts';
import { LISTEN_RATE, SPEAK_FRAME, SPEAK_RATE } from '../../worker/audio/rates.ts';
import { SpeechDecoder } from '../../worker/audio/speech-decoder.ts';
import { SpeechEncoder } from '../../worker/audio/speech-encoder.ts';
import { SileroModel } from '../../worker/turn/silero.ts';
import { VAD_FRAME } from '../../worker/turn/speech-detector.ts';
import { vadModelPath } from '../../worker/turn/vad-model-path.ts';
import { median } from '../controller/statistics.ts';
import { davePair } from './dave-pair.ts';
import type { FrameCosts } from './frame-costs.ts';
import { SessionCipher } from './session-cipher.ts';
import { spoken, TABLE_TALK } from './wavs.ts';

/** Each round takes all frames once. The first ones are compiled in. */
const WARM_UP = 3;
const ROUNDS = 9;

/** @returns the median of the rounds, microseconds of processor time per frame */
async function cost<T>(framesOf: () => readonly T[], step: (frame: T) => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const frames = framesOf();
    const since = process.cpuUsage();
    for (const frame of frames) {
      const result = step(frame);
      if (result instanceof Promise) await result;
    }
    const { user, system } = process.cpuUsage(since);
    if (round >= WARM_UP) rounds.push((user + system) / frames.length);
  }
  return median(rounds);
}

function frames(samples: Int16Array, size: number): Int16Array[] {
  return new FrameCutter(size).push(Float32Array.from(samples, (sample) => sample / 32_768));
}

const [text = ''] = TABLE_TALK;
const pcm = readWav((await spoken(text, () => {})).wav);
const at = (rate: number): Int16Array => resample(toMono(pcm), pcm.rate, rate, HANN);
const speech = frames(at(SPEAK_RATE), SPEAK_FRAME);
const encoder = new SpeechEncoder();
const decoder = await SpeechDecoder.create();
const packets = speech.map((frame) => encoder.encode(frame));
const model = (await SileroModel.load(vadModelPath(undefined))).stream();
const listened = frames(at(LISTEN_RATE), VAD_FRAME).map((frame) =>
  Float32Array.from(frame, (x) => x / 32_768),
);
const dave = davePair();
const secret = packets.map((packet) => dave.encrypt(packet));
const cipher = new SessionCipher(1);
const sealed = secret.map((packet) => cipher.seal(packet));

// Each packet can be decrypted once: to repeat one is what the protocol is there to notice.
const costs: FrameCosts = {
  opusEncodeUs: await cost(
    () => speech,
    (frame) => encoder.encode(frame),
  ),
  opusDecodeUs: await cost(
    () => packets,
    (packet) => decoder.decode(packet),
  ),
  vadUs: await cost(
    () => listened,
    (frame) => model.probability(frame),
  ),
  transportSealUs: await cost(
    () => secret,
    (packet) => cipher.seal(packet),
  ),
  transportOpenUs: await cost(
    () => sealed,
    (packet) => cipher.open(packet),
  ),
  daveEncryptUs: await cost(
    () => packets,
    (packet) => dave.encrypt(packet),
  ),
  daveDecryptUs: await cost(
    () => packets.map((packet) => dave.encrypt(packet)),
    (packet) => dave.decrypt(packet),
  ),
};
process.stdout.write(`${JSON.stringify(costs)}\n`);
