/**
 * A process that only sends: `node sender.ts PORT STREAMS SECONDS`. Each stream has a pacer, an encoder and transport
 * encryption of its own, as a session has, and sends to 127.0.0.1. No stream begins together with another.
 */
import { createSocket } from 'node:dgram';
import { HANN, resample } from '../../../src/audio/resampler.ts';
import { readWav, toMono } from '../../../src/audio/wav.ts';
import { FrameCutter } from '../../../worker/audio/pcm.ts';
import { FRAME_MS, SPEAK_FRAME, SPEAK_RATE } from '../../../worker/audio/rates.ts';
import { SpeechEncoder } from '../../../worker/audio/speech-encoder.ts';
import { Pacer } from '../../../worker/transport/pacer.ts';
import { davePair } from '../dave-pair.ts';
import { SessionCipher } from '../session-cipher.ts';
import { spoken, TABLE_TALK } from '../wavs.ts';

async function main([port, streams, seconds]: readonly number[]): Promise<void> {
  if (port === undefined || streams === undefined || seconds === undefined)
    throw new Error('PORT STREAMS SECONDS');
  const frames = await speech();
  const udp = createSocket('udp4');
  const sending = Array.from({ length: streams }, async (_, index) => {
    const dave = davePair();
    const cipher = new SessionCipher(index + 1, (packet) => dave.encrypt(packet));
    const encoder = new SpeechEncoder();
    const pacer = new Pacer(
      {
        send: (packet) => {
          udp.send(cipher.seal(packet), port, '127.0.0.1');
          return true;
        },
        setSpeaking: () => {},
      },
      (frame) => encoder.encode(frame),
    );
    await new Promise((resolve) => setTimeout(resolve, (index * 37) % 200));
    const playback = pacer.begin();
    for (let sent = 0; sent < (seconds * 1000) / FRAME_MS; sent++) {
      playback.push(frames[(sent + index * 50) % frames.length] ?? new Int16Array(SPEAK_FRAME));
      // As a speech engine that is some sentences ahead.
      await playback.drainedTo(200);
    }
    playback.end();
    await playback.ended;
  });
  await Promise.all(sending);
  udp.close();
}

async function speech(): Promise<Int16Array[]> {
  const frames: Int16Array[] = [];
  for (const text of TABLE_TALK) {
    const pcm = readWav((await spoken(text, () => {})).wav);
    const samples = resample(toMono(pcm), pcm.rate, SPEAK_RATE, HANN);
    frames.push(
      ...new FrameCutter(SPEAK_FRAME).push(Float32Array.from(samples, (sample) => sample / 32_768)),
    );
  }
  return frames;
}

await main(process.argv.slice(2).map(Number));
