import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectionMetrics } from '../../../gateway/connections/metrics.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { CertificateAuthority, readCertificate } from '../../../src/pki/ca.ts';
import type { GatewayMessage } from '../../../src/rpc/attach-client.ts';
import { AttachError } from '../../../src/rpc/attach-error.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { DEFAULT_TRUST_DOMAIN, workerId } from '../../../src/rpc/identity.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';
import type { WorkerSettings } from '../../../worker/settings.ts';
import { GatewayLink, type Move } from '../../../worker/transport/gateway-link.ts';
import { Inbox } from '../gateway/inbox.ts';
import { eventually, Scene } from '../gateway/scene.ts';
import { Workers } from '../gateway/workers.ts';

// The worker's line and the gateway, both real, while certificates of seconds come and go.

let scene: Scene;
let gateway: Gateway;
let workers: Workers;
let folder: string;
const registry = new Registry();

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  gateway = await scene.startGateway({ metrics: connectionMetrics(registry) });
  workers = new Workers(scene);
  folder = await mkdtemp(join(tmpdir(), 'skald-rotation-'));
});
afterAll(async () => {
  await scene?.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => workers?.clear());

let versions = 0;
/** As the kubelet brings a Secret: all files at once. @returns the serial number */
async function mount(directory: string, identity: PemIdentity): Promise<string> {
  versions += 1;
  const version = `..${versions}`;
  await mkdir(join(directory, version), { recursive: true });
  const files = {
    'tls.crt': identity.certificate,
    'tls.key': identity.privateKey,
    'ca.crt': identity.authority,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, version, name), text);
  await symlink(version, join(directory, '..next'));
  await rename(join(directory, '..next'), join(directory, '..data'));
  for (const name of Object.keys(files)) {
    await symlink(join('..data', name), join(directory, name)).catch(() => {});
  }
  return readCertificate(identity.certificate).serial;
}

async function line(job: string) {
  const directory = join(folder, job);
  const identity = (life: number) =>
    scene.clientIdentity(workerId(DEFAULT_TRUST_DOMAIN, scene.namespace, job), undefined, life);
  const first = await mount(directory, await identity(6));
  const heard: GatewayMessage[] = [];
  const attached: boolean[] = [];
  const moves: Move[] = [];
  const settings: Partial<WorkerSettings> = {
    gatewayAddress: `127.0.0.1:${gateway.port}`,
    gatewayServerName: 'skald-gateway',
    trustDomain: DEFAULT_TRUST_DOMAIN,
    podName: job,
    podUid: `uid-of-${job}`,
    buildSha: 'test',
    sessionDirectory: directory,
    certificateCheckMs: 50,
  };
  const link = new GatewayLink(settings as WorkerSettings, {
    opened: () => {},
    connected: () => {},
    message: (message) => heard.push(message),
    attached: (up) => attached.push(up),
    moved: (move) => moves.push(move),
  });
  const run = link.run();
  const close = async () => {
    await link.close(0);
    await run;
  };
  const cases = () => heard.map(({ $case }) => $case);
  return {
    link,
    first,
    heard,
    cases,
    attached,
    moves,
    close,
    rotate: async () => mount(directory, await identity(6)),
  };
}

const counted = async (metric: string, reason?: string): Promise<number> => {
  const found = await registry.getSingleMetric(metric)?.get();
  const values = found?.values.filter(({ labels }) => reason === undefined || labels.reason === reason) ?? [];
  return values.reduce((sum, { value }) => sum + value, 0);
};

test('five certificates of six seconds under a session: one attachment, one join, nothing twice', async () => {
  const { name, job } = await workers.provisioned();
  const worker = await line(job);
  try {
    await eventually('the worker is configured', () => configurations(worker.heard).length === 1);
    worker.link.requestVoice({
      guildId: scene.guildId,
      channelId: scene.voiceChannelId,
      selfMute: false,
      selfDeaf: false,
    });
    await eventually('it has its voice server', () => worker.cases().includes('voiceServerUpdate'));
    const serials = [worker.first];
    for (let rotation = 1; rotation <= 5; rotation += 1) {
      serials.push(await worker.rotate());
      await eventually(`rotation ${rotation}`, () => worker.moves.length === rotation);
      // What is said right after a handover arrives, in both directions.
      const report = WorkerReport.create({
        state: WorkerState.RUNNING,
        voiceConnected: true,
        daveVersion: rotation,
      });
      worker.link.send({ $case: 'report', value: report });
      await scene.mute(name, rotation % 2 === 0 ? [] : ['Bart']);
      await eventually('the change is heard', () => configurations(worker.heard).length === rotation + 1);
    }
    console.info(
      ['rotation  old serial    new serial    overlap']
        .concat(
          worker.moves.map(
            (one, i) =>
              `${i + 1}         ${one.from.slice(0, 12)}  ${one.serial.slice(0, 12)}  ${one.overlapMs} ms`,
          ),
        )
        .join('\n'),
    );
    expect(worker.moves.map(({ from }) => from)).toEqual(serials.slice(0, -1));
    expect(worker.moves.map(({ serial }) => serial)).toEqual(serials.slice(1));
    expect(worker.moves.every(({ how }) => how === 'resumed')).toBe(true);
    expect(worker.attached).toEqual([true]);
    // The voice session was told once, and Discord asked once.
    expect(worker.cases().filter((one) => one === 'voiceServerUpdate')).toHaveLength(1);
    expect(worker.cases().filter((one) => one === 'rejoinVoice')).toEqual([]);
    expect((await scene.discord.events()).filter(({ kind }) => kind === 'opcode4')).toHaveLength(1);
    expect(configurations(worker.heard)).toEqual([[], ['Bart'], [], ['Bart'], [], ['Bart']]);
    for (const serial of serials.slice(1)) expect(scene.log).toContain(serial);
    expect(await counted('skald_gateway_stream_handovers_total')).toBe(5);
    expect(await counted('skald_gateway_ended_connections_total')).toBe(0);
    await scene.stopSession(name);
    await eventually('the newest stream is told to stop', () => worker.cases().at(-1) === 'stop');
  } finally {
    await worker.close();
  }
}, 60_000);

/** Mutes as the worker was told of them. What comes before it is known who opted out is said again. */
const configurations = (heard: readonly GatewayMessage[]) =>
  heard.flatMap((one) =>
    one.$case === 'configure' && one.value.session?.hearNobody === false ? [one.value.session.mutedNpcs] : [],
  );

test('a stream ends with its certificate, and says so', async () => {
  const { job } = await workers.provisioned();
  await (await workers.attached(gateway, job, { podUid: 'uid' })).stream[Symbol.asyncDispose]();
  const identity = await scene.clientIdentity(
    workerId(DEFAULT_TRUST_DOMAIN, scene.namespace, job),
    undefined,
    2,
  );
  const inbox = new Inbox(await scene.dial(gateway, { identity, podUid: 'uid' }));
  await inbox.next('configure');
  const end = await inbox.ended();
  if (!(end instanceof AttachError)) throw new Error('it was closed without a word');
  expect(end).toMatchObject({ codeName: 'UNAVAILABLE', retryable: true });
  expect(end.message).toContain('the certificate of this stream was valid until');
  expect(await counted('skald_gateway_ended_connections_total', 'expired')).toBeGreaterThanOrEqual(1);
});

describe('refused, with a line and a count of its own:', () => {
  const mine = (job: string) => workerId(DEFAULT_TRUST_DOMAIN, scene.namespace, job);

  async function refusal(identity: PemIdentity, reason: string): Promise<Record<string, unknown>> {
    const before = await counted('skald_gateway_refused_connections_total', reason);
    const inbox = new Inbox(await scene.dial(gateway, { identity }));
    expect(await inbox.ended()).toBeInstanceOf(AttachError);
    expect(inbox.received).toEqual([]);
    await eventually(
      reason,
      async () => (await counted('skald_gateway_refused_connections_total', reason)) > before,
    );
    const { serial } = readCertificate(identity.certificate);
    const lines = scene.log.split('\n').filter((text) => text.includes(serial));
    const line = lines.map((text) => JSON.parse(text)).find((one) => one.reason === reason);
    expect(line).toMatchObject({
      serial,
      address: expect.stringContaining('127.0.0.1:'),
      why: expect.any(String),
    });
    return line;
  }

  test('expired', async () => {
    const { job } = await workers.provisioned();
    const line = await refusal(await scene.clientIdentity(mine(job), undefined, -10), 'expired');
    expect(line.names).toBe(`URI:${mine(job)}`);
  });

  test('of another authority', async () => {
    const { job } = await workers.provisioned();
    await refusal(await scene.foreignIdentity(mine(job)), 'unknown_authority');
  });

  test("another tenant's, for a Job that is live here", async () => {
    const { job } = await workers.provisioned();
    await workers.attached(gateway, job);
    await refusal(await scene.workerIdentity(job, 'skald-somebody-else'), 'unknown_tenant');
  });

  test('with a name that is none of Skald’s', async () => {
    await refusal(await scene.clientIdentity('spiffe://skald.local/ns/a/b/c/d'), 'no_identity');
  });

  test('of a session that is over, and of one that is no more', async () => {
    const { name, job } = await workers.provisioned();
    await workers.attached(gateway, job);
    await scene.operatorStatus(name, { phase: 'Failed', worker: { jobName: job } });
    await eventually('the gateway knows', async () => {
      const inbox = await workers.dial(gateway, job);
      const end = await inbox.ended();
      return end instanceof AttachError && !end.retryable;
    });
    await refusal(await scene.workerIdentity(job), 'session_over');
    await scene.deleteSessions();
    await eventually('the session is gone', async () => (await scene.sessions()).length === 0);
    await eventually('the gateway knows', async () => {
      const end = await (await workers.dial(gateway, job)).ended();
      return end instanceof AttachError && end.retryable;
    });
    await refusal(await scene.workerIdentity(job), 'unknown_session');
  });
});

test('a stream that was made under a CA ends as soon as it is out of the bundle', async () => {
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  const next = await CertificateAuthority.create({ commonName: 'next' });
  await scene.writeServerCertificate(scene.tlsDirectory(), 0, next);
  expect(await inbox.ended()).toBeInstanceOf(AttachError);
  expect(await counted('skald_gateway_ended_connections_total', 'authority_removed')).toBe(1);
  const identity = { ...(await scene.workerIdentity(job)), authority: next.certPem };
  expect(await new Inbox(await scene.dial(gateway, { identity })).ended()).toBeInstanceOf(AttachError);
  await scene.writeServerCertificate(scene.tlsDirectory(), 0);
  await workers.attached(gateway, job);
});
