/** Many streams out of one process that does nothing else, as a socket on another core sees them. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import type { Arrival } from '../../../test/discord/api.ts';
import { FRAME_MS } from '../../../worker/audio/rates.ts';
import { startPinned } from '../pinned.ts';
import { gapsOf } from './gaps.ts';

const RTP_HEADER = 12;
const LOOK_MS = 200;

export interface StreamsOptions {
  readonly streams: number;
  readonly seconds: number;
  /** Where the sender runs; this process should be elsewhere. */
  readonly cores: readonly number[];
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** @returns gaps between packets of all streams, milliseconds */
export async function measureStreams(options: StreamsOptions): Promise<number[]> {
  const { streams, seconds, cores, folder, signal } = options;
  const arrivals = new Map<number, Pick<Arrival, 'at' | 'sequence'>[]>();
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('message', (packet) => {
    if (packet.length < RTP_HEADER) return;
    const at = performance.now();
    const ssrc = packet.readUInt32BE(8);
    const stream = arrivals.get(ssrc);
    const arrival = { at, sequence: packet.readUInt16BE(2) };
    if (stream === undefined) arrivals.set(ssrc, [arrival]);
    else stream.push(arrival);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sender = await startPinned('the sender', cores, {
    program: process.execPath,
    arguments: [
      join(import.meta.dirname, 'sender.ts'),
      String(socket.address().port),
      String(streams),
      String(seconds),
    ],
    logFile: join(folder, 'sender.log'),
  });
  try {
    await waitUntil(async () => !sender.running, {
      ...{ what: 'the sender to end', deadlineMs: seconds * 1000 + 60_000, everyMs: LOOK_MS, signal },
    });
  } finally {
    await sender.stop();
    socket.close();
  }
  const least = (seconds * 1000) / FRAME_MS;
  const whole = [...arrivals.values()].filter(({ length }) => length >= least);
  if (whole.length !== streams)
    throw new Error(`${whole.length} of ${streams} streams came whole; see ${folder}/sender.log`);
  return whole.flatMap(gapsOf);
}
