import { once } from 'node:events';
import { connect as tcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { LimitedReason } from '../../../gateway/limits/limited.ts';
import { defaultLimits, type GatewayLimits } from '../../../gateway/limits/limits.ts';
import { warmJobName } from '../../../src/api/index.ts';
import { AttachRequest, WorkerReport } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';
import { eventually, Scene } from '../gateway/scene.ts';
import { RawWorker } from './raw-worker.ts';

// What one worker may ask of the gateway, tried by a worker that speaks HTTP/2 by hand. Parked, it needs no session.

const RESOURCE_EXHAUSTED = 8;
const INVALID_ARGUMENT = 3;

let scene: Scene;
let gateway: Gateway;
let identity: PemIdentity;
let counter = 0;
const open: RawWorker[] = [];

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
});

afterAll(async () => {
  await scene?.close();
});

beforeEach(async () => {
  identity = await scene.workerIdentity(warmJobName(`limits${counter++}`));
});

afterEach(async () => {
  for (const worker of open.splice(0)) worker.close();
  await scene.stopGateway(gateway);
});

/** A gateway with these limits, and a worker's connection to it. */
async function connected(limits: Partial<GatewayLimits> = {}): Promise<RawWorker> {
  gateway = await scene.startGateway({ limits });
  return await another();
}

async function another(as = identity): Promise<RawWorker> {
  const worker = await RawWorker.connect(gateway.port, as);
  open.push(worker);
  return worker;
}

/** Counted once, and with a line that says who it was. */
async function isRecorded(reason: LimitedReason): Promise<void> {
  await eventually(`${reason} is counted`, () => new Map(gateway.limited.counts()).get(reason));
  const line = scene.log.split('\n').findLast((text) => text.includes(`"reason":"${reason}"`));
  expect(line).toContain('"msg":"Beyond a limit"');
  expect(line).toContain('"address":"127.0.0.1:');
}

const report = { $case: 'report', value: WorkerReport.create({ message: 'all is well' }) } as const;

describe('a message ends its stream and its connection', () => {
  test.each<[string, () => Uint8Array, boolean, LimitedReason]>([
    ['that is longer than a worker needs', () => unknownField(70_000), false, 'message_too_large'],
    ['that is longer than gRPC reads', () => Buffer.alloc(1024 * 1024 + 1), false, 'message_too_large'],
    [
      'that unpacks to more than gRPC reads',
      () => gzipSync(Buffer.alloc(8 * 1024 * 1024)),
      true,
      'message_too_large',
    ],
    ['that is said to be packed and is not', () => Buffer.from('not gzip'), true, 'message_malformed'],
    [
      'that is no protobuf',
      () => Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]),
      false,
      'message_malformed',
    ],
    ['that is cut off in a number', () => Buffer.from([0x0a, 0x02, 0x08, 0x80]), false, 'message_malformed'],
    // Groups, which protobuf readers skip by calling themselves.
    ['that is nested a hundred thousand deep', () => Buffer.alloc(60_000, 0x7b), false, 'message_malformed'],
  ])('%s', async (_what, body, compressed, reason) => {
    const worker = await connected();
    const stream = worker.attach(compressed ? { 'grpc-encoding': 'gzip' } : {});
    stream.sendBytes(body(), compressed);
    const { code } = await stream.status;
    expect(code).not.toBe(0);
    await worker.hungUp();
    await isRecorded(reason);
  });
});

test('a message with fields that this gateway does not know is read', async () => {
  const worker = await connected();
  const stream = worker.attach();
  const hello = AttachRequest.encode(
    AttachRequest.create({
      message: { $case: 'hello', value: { protocolVersion: 1, podName: 'p', podUid: 'u', buildSha: '' } },
    }),
  ).finish();
  stream.sendBytes(Buffer.concat([hello, unknownField(1_000)]));
  // And one whose kind it does not know.
  stream.sendBytes(unknownField(100));
  await parked();
  expect(worker.closed).toBe(false);
});

describe('a stream ends when', () => {
  test('one kind of message comes too often', async () => {
    const worker = await connected();
    const stream = worker.attach();
    stream.hello();
    for (let count = 0; count <= defaultLimits.messages.report.burst; count += 1) stream.send(report);
    expect(await stream.status).toMatchObject({ code: RESOURCE_EXHAUSTED });
    await worker.hungUp();
    await isRecorded('message_rate');
  });

  test('too many bytes come, though the messages are few', async () => {
    const worker = await connected();
    const stream = worker.attach();
    stream.hello();
    for (let count = 0; count < 5; count += 1) stream.sendBytes(unknownField(60_000));
    expect(await stream.status).toMatchObject({ code: RESOURCE_EXHAUSTED });
    await isRecorded('byte_rate');
  });

  test('nothing of what it is sent is read', async () => {
    gateway = await scene.startGateway({ limits: { unreadMs: 300 } });
    // A window of nothing: the gateway may not send a byte of a message.
    const worker = await RawWorker.connect(gateway.port, identity, { initialWindowSize: 0 });
    open.push(worker);
    worker.attach().hello();
    await worker.hungUp();
    await isRecorded('not_read');
  });

  test('the client goes on sending when it was told the end', async () => {
    const worker = await connected({ penaltyMs: 60_000 });
    const stream = worker.attach();
    stream.hello();
    for (let count = 0; count < 100; count += 1) stream.send(report);
    await stream.status;
    // HTTP/2 would let it: its side of the stream is still open.
    const chatter = setInterval(() => stream.send(report), 1);
    await worker.hungUp();
    clearInterval(chatter);
    const again = await another();
    const refused = await again.attach().status;
    expect(refused).toMatchObject({ code: RESOURCE_EXHAUSTED });
    expect(refused.message).toContain('asked too much before');
    await again.hungUp();
    await isRecorded('penalty');
  });
});

describe('streams', () => {
  test('of one worker are few; of another worker there are as many', async () => {
    const worker = await connected();
    const mine = Array.from({ length: defaultLimits.streamsPerWorker }, () => worker.attach());
    const tooMany = worker.attach();
    expect(await tooMany.status).toMatchObject({ code: RESOURCE_EXHAUSTED });
    await isRecorded('stream_limit');
    // Those that were there stay, and one that ends makes room.
    expect(worker.closed).toBe(false);
    mine[0]?.stream.close();
    await eventually('there is room again', async () => {
      const stream = worker.attach();
      stream.hello();
      return await Promise.race([stream.status.then(() => undefined), parked().then(() => true)]);
    });
    const other = await another(await scene.workerIdentity(warmJobName(`other${counter}`)));
    other.attach().hello();
    await parked(2);
  });

  test('of all workers of a namespace are bounded, and other namespaces go on', async () => {
    await connected({ streamsPerNamespace: 2, streamsPerWorker: 1 });
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(async (n) => await another(await scene.workerIdentity(warmJobName(`n${counter}${n}`)))),
    );
    one?.attach().hello();
    two?.attach().hello();
    await parked(2);
    expect(await three?.attach().status).toMatchObject({ code: RESOURCE_EXHAUSTED });
    const elsewhere = await another(await scene.workerIdentity('x', 'skald-elsewhere'));
    const stream = elsewhere.attach();
    stream.hello();
    // No tenant is there: it is refused as that, not for the number.
    expect(await stream.status).toMatchObject({ code: 14 });
  });

  test('that are opened again and again are refused before anything is done for them', async () => {
    const worker = await connected({ attempts: { burst: 3, perSecond: 0.1 }, streamsPerWorker: 1 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const stream = worker.attach();
      stream.send(report);
      expect(await stream.status).toMatchObject({ code: INVALID_ARGUMENT });
    }
    expect(await worker.attach().status).toMatchObject({ code: RESOURCE_EXHAUSTED });
    await worker.hungUp();
    await isRecorded('attempt_rate');
  });
});

describe('a connection', () => {
  test('beyond those that one address may have is closed before its handshake', async () => {
    await connected({ connectionsPerAddress: 2 });
    await another();
    await expect(another()).rejects.toThrow(/refused|disconnected|ECONNRESET/);
    await isRecorded('connections_per_address');
    open.shift()?.close();
    await eventually('there is room again', async () => await another().catch(() => undefined));
  });

  test('that comes too soon after others is closed before its handshake', async () => {
    await connected({ handshakes: { burst: 2, perSecond: 1 } });
    await another();
    await expect(another()).rejects.toThrow(/refused|disconnected|ECONNRESET/);
    await isRecorded('handshake_rate');
    // One a second.
    await eventually('it may come again', async () => await another().catch(() => undefined));
  });

  test('that never speaks hurts nobody: others are served beside hundreds of them', async () => {
    const worker = await connected();
    const silent = Array.from({ length: 200 }, () => tcp(gateway.port, '127.0.0.1'));
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const asked = performance.now();
    worker.attach().hello();
    await parked();
    expect(performance.now() - asked).toBeLessThan(2_000);
    for (const socket of silent) socket.destroy();
  });
});

/** Workers that wait at the gateway. */
async function parked(count = 1): Promise<void> {
  await eventually('workers are parked', () => {
    return gateway.directory.scopeOf(scene.tenantName)?.parking.size === count;
  });
}

/** Field 1000, which nobody knows, with so many bytes. */
function unknownField(bytes: number): Buffer {
  const length: number[] = [];
  for (let rest = bytes; ; rest >>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from([0xc2, 0x3e, ...length]), Buffer.alloc(bytes, 0x61)]);
}
