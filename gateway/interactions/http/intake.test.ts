import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { Intake, type IntakeTenant } from './intake.ts';
import type { SignedRequest } from './signature.ts';

const NOW = Date.parse('2030-06-01T20:00:00Z');
const APPLICATION = '300000000000000001';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEY = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');

function request(payload: unknown, applicationId = APPLICATION): SignedRequest {
  const timestamp = String(NOW / 1000);
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const signature = sign(null, Buffer.concat([Buffer.from(timestamp), body]), privateKey).toString('hex');
  return { applicationId, timestamp, signature, body };
}

const command = (change: object = {}) => ({
  id: '7',
  application_id: APPLICATION,
  type: 2,
  locale: 'en-US',
  ...change,
});

function setup(
  change: {
    readonly discord?: Partial<IntakeTenant['spec']['discord']>;
    readonly here?: boolean;
    readonly elsewhere?: boolean;
  } = {},
) {
  const taken: string[] = [];
  const forwarded: SignedRequest[] = [];
  const discord = {
    applicationId: APPLICATION,
    publicKey: KEY,
    interactions: 'http',
    guilds: [],
    ...change.discord,
  } as const;
  // What is read of a Tenant.
  const tenant = { spec: { discord }, status: {} } as unknown as IntakeTenant;
  const intake = new Intake({
    tenantOf: (applicationId) => (applicationId === APPLICATION ? tenant : undefined),
    take: (_, { id }) => {
      if (change.here === false) return false;
      taken.push(id);
      return true;
    },
    forward: async (_, one) => {
      forwarded.push(one);
      return change.elsewhere ?? false;
    },
    now: () => NOW,
    log: silentLogger(),
  });
  return { intake, taken, forwarded };
}

test('an interaction of a tenant that is served here is taken; the answer comes over the API', async () => {
  const { intake, taken, forwarded } = setup();
  expect(await intake.receive(request(command()))).toEqual({ status: 202 });
  expect(taken).toEqual(['7']);
  expect(forwarded).toEqual([]);
});

test('one of a tenant that is served elsewhere goes there as it came', async () => {
  const { intake, forwarded } = setup({ here: false, elsewhere: true });
  const original = request(command());
  expect(await intake.receive(original)).toEqual({ status: 202 });
  expect(forwarded).toEqual([original]);
});

test('when nobody takes it the asker is told, in their language; choices are none', async () => {
  const { intake } = setup({ here: false });
  const answer = await intake.receive(request(command({ locale: 'de' })));
  expect(answer).toMatchObject({ status: 200, body: { type: 4, data: { flags: 64 } } });
  expect(JSON.stringify(answer)).toContain('Ich bin eben erst verbunden');
  expect(await intake.receive(request(command({ type: 4 })))).toEqual({
    status: 200,
    body: { type: 8, data: { choices: [] } },
  });
});

test('a ping is answered by whichever gateway', async () => {
  const { intake, taken } = setup({ here: false });
  expect(await intake.receive(request(command({ type: 1 })))).toEqual({ status: 200, body: { type: 1 } });
  expect(taken).toEqual([]);
});

test.each([
  ['another application', {}, request(command(), '300000000000000002')],
  ['an application of another tenant in the body', {}, request(command({ application_id: '5' }))],
  ['a tenant with another key', { publicKey: 'ab'.repeat(32) }, request(command())],
  ['a tenant with interactions over the websocket', { interactions: 'gateway' as const }, request(command())],
  ['a body that was changed', {}, { ...request(command()), body: Buffer.from('{}') }],
])('%s: 401, and nothing happens', async (_, discord, bad) => {
  const { intake, taken, forwarded } = setup({ discord });
  expect(await intake.receive(bad)).toEqual({ status: 401 });
  expect(intake.deliver(bad)).toBe(false);
  expect([...taken, ...forwarded]).toEqual([]);
});

test.each(['', 'null', '[]', '{}', '{"id":1,"type":2}', '{"id":"1"}', '{"id":"1",'])(
  'what is signed and no interaction: %s',
  async (text) => {
    const { intake, taken } = setup();
    expect(await intake.receive(request(text))).toEqual({ status: 400 });
    expect(taken).toEqual([]);
  },
);

test('what another gateway has passed on is verified again, and not passed on further', () => {
  const { intake, taken, forwarded } = setup();
  expect(intake.deliver(request(command()))).toBe(true);
  expect(taken).toEqual(['7']);
  const away = setup({ here: false });
  expect(away.intake.deliver(request(command()))).toBe(false);
  expect(away.forwarded).toEqual([]);
  expect(forwarded).toEqual([]);
});
