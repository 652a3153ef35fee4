/**
 * A program of its own, so that what it costs is not the test's: for some seconds it does all at once to a gateway what
 * a worker with a valid certificate could do. Reads its orders from the file that is named, and says every half second on its
 * output what it has done so far: when the time is over it is killed, however busy it is.
 */
import { readFileSync } from 'node:fs';
import { connect as tcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttachRequest, WorkerReport } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';
import { frame, RawWorker } from './raw-worker.ts';

export interface Orders {
  readonly port: number;
  readonly seconds: number;
  /** Valid certificates of one tenant. */
  readonly identities: readonly PemIdentity[];
}

export type Done = Record<string, number>;

const orders: Orders = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const end = performance.now() + orders.seconds * 1000;
const done: Done = {};

function count(what: string, by = 1): void {
  done[what] = (done[what] ?? 0) + by;
}

const going = (): boolean => performance.now() < end;
const hello = encoded({
  $case: 'hello',
  value: { protocolVersion: 1, podName: 'p', podUid: 'flood', buildSha: '' },
});
const report = encoded({ $case: 'report', value: WorkerReport.create({ message: 'x'.repeat(200) }) });
/** Field 1000, 60,000 bytes. */
const heavy = frame(Buffer.concat([Buffer.from([0xc2, 0x3e, 0xe0, 0xd4, 0x03]), Buffer.alloc(60_000)]));
const junk = frame(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]));
/** Three thousand messages in one piece. */
const crowd = Buffer.concat(Array.from({ length: 3_000 }, () => report));

const attacks: Record<string, (worker: RawWorker) => Promise<void>> = {
  'small messages without pause': (worker) => pour(worker, crowd),
  'large messages without pause': (worker) => pour(worker, heavy),
  'messages that are none': (worker) => pour(worker, junk),
  'streams without pause': async (worker) => {
    while (going() && !worker.closed) {
      for (let burst = 0; burst < 50 && !worker.closed; burst += 1) worker.attach();
      count('streams', 50);
      await sleep(1);
    }
  },
  'headers and nothing else': async (worker) => {
    for (let stream = 0; stream < 8; stream += 1) worker.attach();
    while (going() && !worker.closed) await sleep(50);
  },
  'pings without pause': async (worker) => {
    while (going() && !worker.closed) {
      try {
        worker.session.ping(() => {});
      } catch {
        // Too many are under way already.
      }
      count('pings');
      await sleep(1);
    }
  },
  'streams that are taken back at once': async (worker) => {
    while (going() && !worker.closed) {
      for (let burst = 0; burst < 20 && !worker.closed; burst += 1) worker.attach().stream.close(8);
      count('resets', 20);
      await sleep(1);
    }
  },
};

async function pour(worker: RawWorker, what: Buffer): Promise<void> {
  const { stream } = worker.attach();
  stream.setMaxListeners(0);
  stream.on('data', () => {});
  stream.write(hello);
  // Also after its end, for as long as the connection is there.
  while (going() && !worker.closed) {
    if (!stream.writable) break;
    const flows = stream.write(what);
    count('bytes', what.length);
    if (flows) await sleep(0);
    else await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), sleep(50)]);
  }
}

/** Comes back as soon as it was thrown out. */
async function persist(name: string, identity: PemIdentity): Promise<void> {
  const attack = attacks[name];
  while (attack !== undefined && going()) {
    try {
      const worker = await RawWorker.connect(orders.port, identity);
      count(`connections: ${name}`);
      await attack(worker);
      worker.close();
    } catch {
      count('connections refused');
      await sleep(5);
    }
  }
}

/** Connections that never speak. */
async function keepSilent(): Promise<void> {
  while (going()) {
    const socket = tcp(orders.port, '127.0.0.1');
    socket.on('error', () => {});
    count('silent connections');
    await sleep(5);
  }
}

function encoded(message: AttachRequest['message']): Buffer {
  return frame(AttachRequest.encode(AttachRequest.create({ message })).finish());
}

const names = Object.keys(attacks);
setInterval(() => process.stdout.write(`${JSON.stringify(done)}\n`), 500);
await Promise.all([
  keepSilent(),
  ...orders.identities.map((identity, index) => persist(names[index % names.length] ?? '', identity)),
]);
