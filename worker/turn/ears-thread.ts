/**
 * The listening thread: decoding, voice activity and endpointing of every speaker, off the thread that
 * must send a packet each 20 ms.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { writeWav } from '../../src/audio/wav.ts';
import { LISTEN_RATE, SILENCE_FRAME } from '../audio/rates.ts';
import { SpeechDecoder } from '../audio/speech-decoder.ts';
import { monotonicMs } from '../clock.ts';
import type { EarsOptions, FromEars, ToEars } from './ears-protocol.ts';
import { Lane, type LaneEvent } from './lane.ts';
import { LaneTimer } from './lane-timer.ts';
import { SileroModel } from './silero.ts';

const COUNTS_INTERVAL_MS = 5000;

async function run(options: EarsOptions): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('the listening thread was started without a parent');
  const tell = (message: FromEars, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const taken = new Int32Array(options.taken);
  const startedAt = monotonicMs();
  const [model, first] = await Promise.all([SileroModel.load(options.modelPath), SpeechDecoder.create()]);
  // Compiled and used once: the first speaker's first packet waits for nothing.
  first.decode(SILENCE_FRAME);
  first.free();

  let laneSettings = options.lane;
  const lanes = new Map<string, Lane>();
  const decoders = new Map<string, SpeechDecoder>();
  const timer = new LaneTimer(() => lanes.values());
  let gone = { badPackets: 0, latePackets: 0, concealedPackets: 0 };

  const emit = (userId: string, event: LaneEvent): void => {
    if (event.type === 'failed') {
      tell({ type: 'failed', message: String(event.error) });
    } else if (event.type === 'utterance') {
      const { samples, ...times } = event.utterance;
      const wav = writeWav(samples, LISTEN_RATE);
      tell({ type: 'utterance', userId, wav, seconds: samples.length / LISTEN_RATE, ...times }, [wav.buffer]);
    } else if (event.type === 'pause') {
      const { pause, samples } = event;
      const wav = writeWav(samples, LISTEN_RATE);
      tell({ type: 'pause', userId, pause, wav, seconds: samples.length / LISTEN_RATE }, [wav.buffer]);
    } else if (event.type === 'audio') {
      tell({ ...event, userId }, [event.samples.buffer]);
    } else {
      tell({ ...event, userId });
    }
  };

  const open = async (userId: string): Promise<Lane> => {
    const decoder = await SpeechDecoder.create();
    const lane = new Lane(laneSettings, {
      decode: (packet) => decoder.decode(packet),
      conceal: (frames, next) => decoder.conceal(frames, next),
      voiceActivity: model.stream(),
      emit: (event) => emit(userId, event),
    });
    lanes.set(userId, lane);
    decoders.set(userId, decoder);
    return lane;
  };

  const forget = (userId: string): void => {
    const lane = lanes.get(userId);
    if (lane === undefined) return;
    gone = {
      badPackets: gone.badPackets + lane.badPackets,
      latePackets: gone.latePackets + lane.latePackets,
      concealedPackets: gone.concealedPackets + lane.concealedPackets,
    };
    lanes.delete(userId);
    decoders.get(userId)?.free();
    decoders.delete(userId);
  };

  const receive = async (message: ToEars): Promise<void> => {
    if (message.type === 'packets') {
      Atomics.add(taken, 0, message.packets.length);
      for (const { userId, sequence, arrivedAt, opus, ssrc } of message.packets) {
        const lane = lanes.get(userId) ?? (await open(userId));
        lane.push(sequence, arrivedAt, opus, ssrc);
        timer.pushed(lane);
      }
    } else if (message.type === 'forget') {
      forget(message.userId);
    } else if (message.type === 'close') {
      timer.close();
      clearInterval(counting);
      lanes.clear();
      port.close();
    } else if (message.type === 'endpoint') {
      lanes.get(message.userId)?.endpoint(message.pause, message.delayMs);
      timer.arm();
    } else {
      laneSettings = message.lane;
      for (const lane of lanes.values()) lane.settings = laneSettings;
      timer.arm();
    }
  };
  // One after the other: a new speaker's decoder takes a moment.
  let received = Promise.resolve();
  port.on('message', (message: ToEars) => {
    received = received
      .then(() => receive(message))
      .catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
  });

  const counting = setInterval(() => {
    const counts = { ...gone };
    for (const lane of lanes.values()) {
      counts.badPackets += lane.badPackets;
      counts.latePackets += lane.latePackets;
      counts.concealedPackets += lane.concealedPackets;
    }
    tell({ type: 'counts', ...counts });
  }, COUNTS_INTERVAL_MS);

  tell({ type: 'ready', loadMs: monotonicMs() - startedAt });
}

await run(workerData as EarsOptions);
