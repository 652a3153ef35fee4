import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../src/pki/ca.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import { GatewayLink, type Move } from './gateway-link.ts';
import { type Dialled, MountedCertificate, ScriptedGateway } from './scripted-gateway.ts';

const RESUMED: GatewayMessage = { $case: 'resumed', value: {} };
const HANDED_OVER: GatewayMessage = { $case: 'handedOver', value: {} };
const PARKED: GatewayMessage = { $case: 'parked', value: {} };
const configure: GatewayMessage = { $case: 'configure', value: { session: undefined } };
const numbered = (number: number): GatewayMessage => ({
  $case: 'stop',
  value: { reason: `${number}`, message: '' },
});

let authority: CertificateAuthority;
let mounted: MountedCertificate;
let gateways: ScriptedGateway[];
let links: { link: GatewayLink; run: Promise<void> }[];

beforeEach(async () => {
  [gateways, links] = [[], []];
  authority = await CertificateAuthority.create();
  mounted = await MountedCertificate.create(authority);
});

afterEach(async () => {
  for (const { link, run } of links) {
    await link.close(0);
    await run;
  }
  for (const gateway of gateways) gateway.stop();
  await mounted.remove();
});

async function gateway(script: (stream: Dialled, index: number) => void): Promise<ScriptedGateway> {
  const started = await ScriptedGateway.start(authority, script);
  gateways.push(started);
  return started;
}

/** A worker's line, with everything that came of it. */
function dial(address: string) {
  const heard: GatewayMessage[] = [];
  const attached: boolean[] = [];
  const moves: Move[] = [];
  const notMoved: string[] = [];
  const link = new GatewayLink(mounted.settings(address), {
    opened: () => {},
    connected: () => {},
    message: (message) => heard.push(message),
    attached: (up) => attached.push(up),
    moved: (move) => moves.push(move),
    notMoved: (why) => notMoved.push(why),
  });
  links.push({ link, run: link.run() });
  const reasons = () => heard.flatMap((one) => (one.$case === 'stop' ? [Number(one.value.reason)] : []));
  return { link, heard, attached, moves, notMoved, reasons };
}

/** Answers the first stream with Configure; one that takes over as the real gateway does. */
function handingOver(streams: Dialled[], onResumed: (old: Dialled, next: Dialled) => void = () => {}) {
  return (stream: Dialled): void => {
    const old = streams.at(-1);
    streams.push(stream);
    if (old === undefined || stream.hello.takesOver !== true) {
      stream.say(configure);
      return;
    }
    stream.say(RESUMED);
    onResumed(old, stream);
    old.say(HANDED_OVER);
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const until = (condition: () => boolean) =>
  expect.poll(condition, { timeout: 5_000, interval: 5 }).toBe(true);

function ask(link: GatewayLink, number: number): void {
  link.send({ $case: 'stopRequest', value: { reason: `${number}`, message: 'x'.repeat(500) } });
}
const asked = ({ said }: Dialled) =>
  said.flatMap((one) => (one.$case === 'stopRequest' ? [Number(one.value.reason)] : []));

describe('a renewed certificate', () => {
  test('opens a second stream with it, which takes over: all is heard once, in order, both ways', async () => {
    const streams: Dialled[] = [];
    let read = () => {};
    const { address } = await gateway(
      handingOver(streams, (old, next) => {
        // The last words of the old stream, and more on the new one before the worker can have read them.
        next.say(...range(100, 200).map(numbered));
        old.say(...range(0, 100).map(numbered));
        // What the worker has said is still on its way when it is to move.
        setTimeout(read, 200);
      }),
    );
    const worker = dial(address);
    await until(() => worker.attached.length === 1);
    read = streams[0]?.stall() ?? read;
    let said = 0;
    const talking = setInterval(() => ask(worker.link, said++), 1);
    const serial = await mounted.renew();
    await until(() => worker.moves.length === 1 && streams[1] !== undefined && asked(streams[1]).length > 20);
    clearInterval(talking);
    const [first, second] = streams;
    if (first === undefined || second === undefined) throw new Error('two streams were expected');
    expect(worker.reasons()).toEqual(range(0, 200));
    await until(() => asked(first).length + asked(second).length === said);
    expect([...asked(first), ...asked(second)]).toEqual(range(0, said));
    expect(second.hello.takesOver).toBe(true);
    expect(second.hello.podUid).toBe(first.hello.podUid);
    expect(first.closed).toBe(true);
    expect(worker.moves).toEqual([
      { from: first.serial, serial, overlapMs: expect.any(Number), how: 'resumed' },
    ]);
    expect(second.serial).toBe(serial);
    // Nobody was told of a loss.
    expect(worker.attached).toEqual([true]);
  });

  test('moves a parked worker, which hears of its session on the new stream', async () => {
    const streams: Dialled[] = [];
    const { address } = await gateway((stream, index) => {
      streams.push(stream);
      if (index === 0) return stream.say(PARKED);
      stream.say(RESUMED, configure);
      streams[0]?.say(HANDED_OVER);
    });
    const worker = dial(address);
    await until(() => worker.heard.length === 1);
    await mounted.renew();
    await until(() => worker.heard.length === 2);
    expect(worker.heard.map(({ $case }) => $case)).toEqual(['parked', 'configure']);
    expect(worker.attached).toEqual([true]);
  });

  test('twice in quick succession ends on the newest, one stream at a time', async () => {
    const streams: Dialled[] = [];
    const { address } = await gateway(handingOver(streams));
    const worker = dial(address);
    await until(() => worker.attached.length === 1);
    await mounted.renew();
    const last = await mounted.renew();
    await until(() => worker.moves.at(-1)?.serial === last);
    await until(() => streams.slice(0, -1).every(({ closed }) => closed));
    expect(streams.at(-1)?.serial).toBe(last);
    expect(streams.at(-1)?.closed).toBe(false);
    expect(worker.attached).toEqual([true]);
  });
});

describe('while there is no second stream', () => {
  test('the first one stays, and it is tried again until there is one', async () => {
    const streams: Dialled[] = [];
    const accept = handingOver(streams);
    let refused = 0;
    const { address } = await gateway((stream) => {
      if (stream.hello.takesOver === true && refused < 3) {
        refused += 1;
        stream.refuse(refused === 1 ? status.PERMISSION_DENIED : status.UNAVAILABLE);
        return;
      }
      accept(stream);
    });
    const worker = dial(address);
    await until(() => worker.attached.length === 1);
    await mounted.renew();
    await until(() => worker.notMoved.length > 0);
    streams[0]?.say(numbered(7));
    await until(() => worker.reasons().includes(7));
    await until(() => worker.moves.length === 1);
    expect(refused).toBe(3);
    expect(worker.attached).toEqual([true]);
  });

  test('a redirect is followed with the new certificate', async () => {
    const elsewhere = await gateway((stream) => stream.say(configure));
    const here = await gateway((stream, index) => {
      if (index === 0) stream.say(configure);
      else stream.say({ $case: 'redirect', value: { address: elsewhere.address } });
    });
    const worker = dial(here.address);
    await until(() => worker.attached.length === 1);
    const serial = await mounted.renew();
    await until(() => worker.moves.length === 1);
    expect(worker.moves[0]).toMatchObject({ serial, how: 'anew' });
    expect(elsewhere.dialled[0]).toMatchObject({ serial, hello: { takesOver: true } });
    await until(() => here.dialled[0]?.closed === true);
  });
});

describe('the first stream dies', () => {
  test('before the second is answered: the second one is used, told everything anew', async () => {
    const streams: Dialled[] = [];
    const { address } = await gateway((stream, index) => {
      streams.push(stream);
      if (index === 0) return stream.say(configure);
      streams[0]?.refuse();
      setTimeout(() => stream.say(configure), 50);
    });
    const worker = dial(address);
    await until(() => worker.attached.length === 1);
    await mounted.renew();
    await until(() => worker.moves.length === 1);
    expect(streams).toHaveLength(2);
    expect(worker.heard.map(({ $case }) => $case)).toEqual(['configure', 'configure']);
    // Whoever hears this reports anew: the gateway may be another one.
    expect(worker.attached).toEqual([true, true]);
  });

  test('in the middle of the handover: what was under way is lost, so a third one is told everything', async () => {
    const streams: Dialled[] = [];
    const { address } = await gateway((stream, index) => {
      streams.push(stream);
      if (index === 1) {
        stream.say(RESUMED, numbered(1));
        streams[0]?.refuse();
      } else {
        stream.say(configure);
      }
    });
    const worker = dial(address);
    await until(() => worker.attached.length === 1);
    await mounted.renew();
    await until(() => streams.length === 3);
    await until(() => worker.heard.length === 2);
    expect(worker.heard.map(({ $case }) => $case)).toEqual(['configure', 'configure']);
    expect(streams[2]?.hello.takesOver ?? false).toBe(false);
  });
});

test('a gateway that resumes and never hands over does not hold the worker up', async () => {
  const streams: Dialled[] = [];
  const { address } = await gateway((stream, index) => {
    streams.push(stream);
    stream.say(index === 1 ? RESUMED : configure);
  });
  const worker = dial(address);
  await until(() => worker.attached.length === 1);
  await mounted.renew();
  await expect.poll(() => streams.length, { timeout: 9_000 }).toBe(3);
});
