/**
 * The listening thread: decoding, voice activity and endpointing of every speaker, off the thread that
 * must send a packet each 20 ms.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { writeWav } from '../../src/audio/wav.ts';
import { SpeechDecoder } from '../audio/opus.ts';
import { LISTEN_RATE } from '../audio/rates.ts';
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
  const model = await SileroModel.load(options.modelPath);

  let laneSettings = options.lane;
  const lanes = new Map<string, Lane>();
  const timer = new LaneTimer(() => lanes.values());
  let gone = { badPackets: 0, latePackets: 0 };

  const emit = (userId: string, event: LaneEvent): void => {
    if (event.type === 'failed') {
      tell({ type: 'failed', message: String(event.error) });
    } else if (event.type === 'utterance') {
      const { samples, ...times } = event.utterance;
      const wav = writeWav(samples, LISTEN_RATE);
      tell({ type: 'utterance', userId, wav, seconds: samples.length / LISTEN_RATE, ...times }, [wav.buffer]);
    } else {
      tell({ ...event, userId });
    }
  };

  const laneOf = (userId: string): Lane => {
    const known = lanes.get(userId);
    if (known !== undefined) return known;
    const decoder = new SpeechDecoder();
    const lane = new Lane(laneSettings, {
      decode: (packet) => decoder.decode(packet),
      voiceActivity: model.stream(),
      emit: (event) => emit(userId, event),
    });
    lanes.set(userId, lane);
    return lane;
  };

  const forget = (userId: string): void => {
    const lane = lanes.get(userId);
    if (lane === undefined) return;
    gone = {
      badPackets: gone.badPackets + lane.badPackets,
      latePackets: gone.latePackets + lane.latePackets,
    };
    lanes.delete(userId);
  };

  port.on('message', (message: ToEars) => {
    if (message.type === 'packet') {
      Atomics.add(taken, 0, 1);
      const lane = laneOf(message.userId);
      lane.push(message.sequence, message.arrivedAt, message.opus);
      timer.pushed(lane);
    } else if (message.type === 'forget') {
      forget(message.userId);
    } else if (message.type === 'close') {
      timer.close();
      clearInterval(counting);
      lanes.clear();
      port.close();
    } else {
      laneSettings = message.lane;
      for (const userId of [...lanes.keys()]) forget(userId);
    }
  });

  const counting = setInterval(() => {
    const counts = { ...gone };
    for (const lane of lanes.values()) {
      counts.badPackets += lane.badPackets;
      counts.latePackets += lane.latePackets;
    }
    tell({ type: 'counts', ...counts });
  }, COUNTS_INTERVAL_MS);

  tell({ type: 'ready', loadMs: monotonicMs() - startedAt });
}

await run(workerData as EarsOptions);
