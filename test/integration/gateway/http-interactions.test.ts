// Interactions that Discord posts: to a gateway that does not serve the tenant, which gives them to the one that does.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { Forwarder } from '../../../gateway/interactions/http/forwarding.ts';
import { tenants } from '../../../gateway/resources.ts';
import { slotPlace } from '../../../src/api/gateway-place.ts';
import { COMMAND_DATABASE_SECRET } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { DEFAULT_TRUST_DOMAIN } from '../../../src/rpc/identity.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { type Recorded, type Recorder, recorder, send } from './recorder.ts';
import { eventually, Scene } from './scene.ts';

let database: AdministeredDatabase;
let schema: string;
let scene: Scene;
let gameMaster: PersonHandle;
let discord: Recorder;
/** Serves the tenant. */
let serving: Gateway;
/** What Discord reaches. */
let receiving: Gateway;

beforeAll(async () => {
  database = await administeredDatabase();
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  await giveDatabase();
  gameMaster = await scene.discord.person({
    guildId: scene.guildId,
    name: 'Gandalf',
    roles: [scene.gameMasterRole],
  });
  serving = await scene.startGateway();
  receiving = await scene.startGateway({
    slot: 1,
    connected: false,
    endpoint: true,
    addressOf: () => `127.0.0.1:${serving.port}`,
  });
  discord = await recorder(endpoint);
  await scene.receiveOverHttp(`${discord.url}/interactions/${scene.applicationId}`);
  await eventually('commands are registered', async () => {
    const commands = await scene.discord.commands(scene.applicationId);
    return commands[scene.guildId]?.includes('session');
  });
  await eventually('the gateway knows of it', async () => (await ping()).status === 200);
}, 60_000);

afterAll(async () => {
  await scene?.close();
  await discord?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

let callbacks: number;

beforeEach(() => {
  callbacks = count('An interaction was brought again');
});

afterEach(async () => {
  await scene.deleteSessions();
  await eventually('no session is left', async () => (await scene.sessions()).length === 0);
});

/** As the operator does. */
async function giveDatabase(): Promise<void> {
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const tenant = await administration.ensureTenant(scene.tenantName, undefined);
  schema = tenant.schema;
  const url = await administration.issue(tenant.command.stem, 'a');
  await scene.client.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: COMMAND_DATABASE_SECRET, namespace: scene.namespace },
    data: { url: Buffer.from(url).toString('base64') },
  });
}

const endpoint = (): string => `http://127.0.0.1:${receiving.interactions.port}`;
const ping = () => scene.discord.signedRequest(scene.applicationId, pingPayload());
const pingPayload = () => ({ id: '900000000000000001', application_id: scene.applicationId, type: 1 });
const count = (line: string): number => scene.log.split(line).length - 1;

const rows = () =>
  database.admin(`SELECT id, command, state, result FROM ${schema}.interactions ORDER BY id`);

function command(words: string, options: Record<string, string> = {}) {
  return scene.discord.command(gameMaster.userId, scene.guildId, scene.textChannelId, words, options);
}

function lastRequest(): Recorded {
  const last = discord.requests.at(-1);
  if (last === undefined) throw new Error('Discord has posted nothing');
  return last;
}

test('a ping is answered; a command, a list of choices and what a command starts come from the gateway that serves', async () => {
  expect(await ping()).toMatchObject({ status: 200, body: JSON.stringify({ type: 1 }) });
  const status = await command('session status');
  expect(status.acknowledgement).toBe('message');
  await status.waitForReply('No session runs');
  const choices = await scene.discord.autocomplete(
    gameMaster.userId,
    scene.guildId,
    scene.textChannelId,
    'session start',
    { name: 'campaign', value: 'lo' },
  );
  expect(choices).toEqual([{ name: 'The Long Night', value: 'night' }]);
  const handle = await command('session start', { channel: scene.voiceChannelId });
  expect(handle.acknowledgement).toBe('deferred');
  expect(handle.acknowledgedMs).toBeLessThan(3000);
  await handle.waitForReply('night');
  const [session] = await scene.sessions();
  const reference = session?.metadata.annotations?.['skald.dev/correlation-id'] ?? '';
  expect(reference).toMatch(/^[0-9a-f]{8}$/);
  expect(session?.metadata.name).toBe(`night-${reference}`);
  expect(scene.log).toContain(`"corr":"${reference}"`);
  const row = await eventually('its result is kept', async () =>
    (await rows()).find(({ id, state }) => id === handle.id && state === 'answered'),
  );
  expect(row).toMatchObject({ command: 'session start', result: expect.stringMatching(/night/i) });
});

test('one request sent fifty times, at the gateway and after its restart, has one effect', async () => {
  const handle = await command('session start', { channel: scene.voiceChannelId });
  await handle.waitForReply('night');
  const request = lastRequest();
  const history = (await handle.history()).length;
  const again = await Promise.all(Array.from({ length: 50 }, () => send(endpoint(), request)));
  expect(again.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 202));
  await eventually(
    'all of them are known',
    () => count('An interaction was brought again') === callbacks + 50,
  );
  // Who has never seen it.
  await scene.stopGateway(serving);
  serving = await scene.startGateway();
  expect((await send(endpoint(), request)).status).toBe(202);
  await eventually(
    'the new one knows it',
    () => count('An interaction was brought again') === callbacks + 51,
  );
  expect(await scene.sessions()).toHaveLength(1);
  expect((await handle.history()).length).toBe(history);
  expect((await rows()).filter(({ id }) => id === handle.id)).toHaveLength(1);
});

test('1,000 requests that are forged, replayed, cut or too large have no effect, and none is answered with 5xx', async () => {
  const handle = await command('session status');
  await handle.waitForReply('No session runs');
  const genuine = lastRequest();
  const before = { rows: await rows(), requests: discord.requests.length };
  const { privateKey } = generateKeyPairSync('ed25519');
  const body = JSON.stringify({ ...JSON.parse(genuine.body.toString()), id: '900000000000000777' });
  const now = String(Math.floor(Date.now() / 1000));
  const signed = (text: Buffer, timestamp = now): Recorded => ({
    path: genuine.path,
    headers: {
      'content-type': 'application/json',
      'x-signature-timestamp': timestamp,
      'x-signature-ed25519': sign(null, Buffer.concat([Buffer.from(timestamp), text]), privateKey).toString(
        'hex',
      ),
    },
    body: text,
  });
  const without = (name: string): Recorded => {
    const headers = Object.fromEntries(Object.entries(genuine.headers).filter(([key]) => key !== name));
    return { ...genuine, headers };
  };
  const header = (name: string, value: string): Recorded => ({
    ...genuine,
    headers: { ...genuine.headers, [name]: value },
  });
  const bad: readonly (() => Recorded)[] = [
    // Forged.
    () => signed(Buffer.from(body)),
    () => signed(Buffer.from(JSON.stringify(pingPayload()))),
    () => header('x-signature-ed25519', randomBytes(64).toString('hex')),
    () => header('x-signature-ed25519', 'zz'),
    () => header('x-signature-ed25519', '0'.repeat(128)),
    () => header('x-signature-ed25519', 'f'.repeat(7_000)),
    () => without('x-signature-ed25519'),
    () => without('x-signature-timestamp'),
    () => ({ ...genuine, body: Buffer.from(body) }),
    () => ({ ...genuine, path: '/interactions/999999999999999999' }),
    () => ({ ...genuine, path: '/interactions/../livez' }),
    // Replayed at another time, or as if.
    () => header('x-signature-timestamp', String(Number(now) - 301)),
    () => header('x-signature-timestamp', String(Number(now) + 400)),
    () => header('x-signature-timestamp', '-1'),
    () => header('x-signature-timestamp', '9'.repeat(400)),
    () => header('x-signature-timestamp', String(Number(genuine.headers['x-signature-timestamp']) - 1)),
    // Cut.
    () => ({ ...genuine, body: genuine.body.subarray(0, genuine.body.length - 1) }),
    () => ({ ...genuine, body: Buffer.alloc(0) }),
    // Too large, and large enough.
    () => signed(Buffer.alloc(256 * 1024 + 1, 0x20)),
    () => signed(randomBytes(200 * 1024)),
  ];
  const statuses = new Map<number, number>();
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all(bad.map((make) => send(endpoint(), make())));
    for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  console.log(`1,000 bad requests were answered with ${JSON.stringify(Object.fromEntries(statuses))}`);
  expect([...statuses.values()].reduce((sum, number) => sum + number)).toBe(1_000);
  // 0: the connection was cut while the client was still sending.
  for (const status of statuses.keys()) expect([0, 400, 401, 404, 413, 431]).toContain(status);
  expect(statuses.get(401)).toBeGreaterThan(700);
  expect(await scene.sessions()).toEqual([]);
  expect(await rows()).toEqual(before.rows);
  // What is right works on, at once.
  expect((await ping()).status).toBe(200);
  const secrets = [genuine.headers['x-signature-ed25519'] ?? '?', JSON.parse(genuine.body.toString()).token];
  for (const secret of [...secrets, scene.publicKey]) expect(scene.log).not.toContain(secret);
});

test('while no gateway can answer, the one that Discord reaches says so', async () => {
  await scene.stopGateway(serving);
  try {
    const handle = await command('session status');
    await handle.waitForReply('only just connected');
  } finally {
    serving = await scene.startGateway();
  }
  await (await command('session status')).waitForReply('No session runs');
});

test('only gateways give interactions to gateways', async () => {
  const { headers, body } = lastRequest();
  const worker = await scene.workerIdentity('curse-1');
  const forwarder = new Forwarder({
    trustDomain: DEFAULT_TRUST_DOMAIN,
    identity: () => worker,
    addressOf: () => `127.0.0.1:${serving.port}`,
    log: silentLogger(),
  });
  const request = {
    applicationId: scene.applicationId,
    timestamp: headers['x-signature-timestamp'] ?? '',
    signature: headers['x-signature-ed25519'] ?? '',
    body,
  };
  expect(await forwarder.forward(slotPlace(0), request)).toBe(false);
  forwarder.close();
  expect(scene.log).toContain('only gateways may give interactions to gateways');
});

test('a tenant that takes interactions over the websocket is not reached over HTTP', async () => {
  const { body, headers, path } = lastRequest();
  await scene.client.patch(
    tenants,
    { name: scene.tenantName },
    { merge: { spec: { discord: { interactions: 'gateway' } } } },
  );
  await eventually(
    'it is refused',
    async () => (await send(endpoint(), { body, headers, path })).status === 401,
  );
});
