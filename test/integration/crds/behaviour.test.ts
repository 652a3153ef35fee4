import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Kubectl, kubectl, root, uniqueName } from './kubectl.ts';
import { CHANNEL, campaign, discord, GUILD, session, tenant } from './manifests.ts';

const namespace = uniqueName('crds');
const tenantName = uniqueName('t');
let k: Kubectl;
beforeAll(async () => {
  k = await kubectl('-n', namespace);
  await k('create', 'namespace', namespace);
});
afterAll(async () => {
  await k('delete', 'tenant', tenantName, '--ignore-not-found');
  await k('delete', 'namespace', namespace, '--wait=false');
});

const json = async (...args: readonly string[]) => JSON.parse(await k(...args, '-o', 'json'));
const patch = (name: string, spec: object) =>
  ['patch', 'voicesession', name, '--type=merge', '-p', JSON.stringify({ spec })] as const;
const patchStatus = (name: string, status: object) =>
  ['patch', 'vs', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })] as const;

test.each(['tenant', 'campaign', 'voicesession'])('the sample %s is accepted', async (name) => {
  const sample = parse(await readFile(`${root}/config/samples/${name}.yaml`, 'utf8'));
  const anywhere = { ...sample, metadata: { name: uniqueName('sample') } };
  await k.apply(anywhere, '--dry-run=server');
});

test('the largest campaign that the limits allow is accepted: the rules stay within their cost', async () => {
  const npcs = Array.from({ length: 32 }, (_, n) => ({
    name: `N${n}`.padEnd(64, 'x'),
    aliases: Array.from({ length: 8 }, (_, a) => `alias ${n} ${a} `.padEnd(64, 'y')),
  }));
  await k.apply(campaign('largest', { npcs }), '--dry-run=server');
});

test('an alias may equal the name of its own NPC', async () => {
  await k.apply(campaign('own', { npcs: [{ name: 'Greta', aliases: ['greta'] }] }), '--dry-run=server');
});

test('a Tenant gets the documented defaults', async () => {
  await k.apply(tenant(tenantName));
  const { spec } = await json('get', 'tenant', tenantName);
  expect(spec).toEqual({
    deletionPolicy: 'Retain',
    timeZone: 'Etc/UTC',
    topology: 'shared',
    discord: {
      ...discord(),
      botTokenSecretRef: { name: 'skald-bot-token', key: 'token' },
      interactions: 'gateway',
    },
    limits: { maxSessionSeconds: 14400, idleTimeoutSeconds: 900, admissionTimeoutSeconds: 60 },
    worker: { profile: 'cloud', warm: 0 },
    providers: {},
    history: { ttlSecondsAfterEnded: 604800, keepPerCampaign: 20 },
    privacy: { consentNotice: 'both', recordTranscripts: true },
  });
});

test("a Tenant's token Secret needs no name: there is one only", async () => {
  const bare = tenant(uniqueName('t'), { discord: discord({ botTokenSecretRef: {} }) });
  const { spec } = JSON.parse(await k.apply(bare, '--dry-run=server', '-o', 'json'));
  expect(spec.discord.botTokenSecretRef).toEqual({ name: 'skald-bot-token', key: 'token' });
});

test('a Campaign and its NPCs get the documented defaults', async () => {
  await k.apply(campaign('village'));
  const { spec } = await json('get', 'campaign', 'village');
  expect(spec.language).toBe('en');
  expect(spec.onVoiceChannelMoved).toBe('Follow');
  expect(spec.turnTaking).toEqual({
    endpointing: 'dynamic',
    minDelayMs: 400,
    maxDelayMs: 2400,
    preemptive: true,
  });
  expect(spec.npcs[0]).toEqual({
    name: 'Greta',
    voice: { pitch: 1, speed: 1 },
    engine: 'cascaded',
    budget: 'standard',
    addressOnly: false,
    gameMasterHelper: false,
  });
});

test('a VoiceSession gets the documented defaults', async () => {
  await k.apply(session('friday'));
  const { spec } = await json('get', 'vs', 'friday');
  expect(spec).toEqual({
    mode: 'Live',
    desiredState: 'Running',
    campaignRef: { name: 'village' },
    guildId: GUILD,
    voiceChannelId: CHANNEL,
  });
});

test('the namespace of a Tenant cannot be set later, changed or taken away', async () => {
  const message = /namespace is immutable, and cannot be set later/;
  const change = (name: string, value: string | null) =>
    ['patch', 'tenant', name, '--type=merge', '-p', JSON.stringify({ spec: { namespace: value } })] as const;
  expect(await k.refused(...change(tenantName, 'games'))).toMatch(message);
  const fixed = uniqueName('t');
  await k.apply(tenant(fixed, { namespace: 'games' }));
  try {
    expect(await k.refused(...change(fixed, 'other'))).toMatch(message);
    expect(await k.refused(...change(fixed, null))).toMatch(message);
  } finally {
    await k('delete', 'tenant', fixed);
  }
});

test.each([
  ['mode', { mode: 'Recap', recapOf: 'x' }, /mode is immutable/],
  ['campaignRef', { campaignRef: { name: 'other' } }, /campaignRef is immutable/],
  ['guildId', { guildId: '100000000000000009' }, /guildId is immutable/],
  ['voiceChannelId', { voiceChannelId: '100000000000000009' }, /voiceChannelId is immutable/],
  ['voiceChannelId, to unset', { voiceChannelId: null }, /voiceChannelId is immutable|needs voiceChannelId/],
  [
    'textChannelId, from unset',
    { textChannelId: '100000000000000009' },
    /textChannelId is immutable, and cannot be set later/,
  ],
  [
    'requestedBy, from unset',
    { requestedBy: { userId: '100000000000000009' } },
    /requestedBy is immutable, and cannot be set later/,
  ],
  [
    'maxDurationSeconds, from unset',
    { maxDurationSeconds: 600 },
    /maxDurationSeconds is immutable, and cannot be set later/,
  ],
  ['profile, from unset', { profile: 'offline' }, /profile is immutable, and cannot be set later/],
  ['recapOf, from unset', { recapOf: 'x' }, /recapOf is immutable/],
])('of a VoiceSession, %s is immutable', async (_, spec, message) => {
  const name = uniqueName('vs');
  await k.apply(session(name));
  expect(await k.refused(...patch(name, spec))).toMatch(message);
});

test('what was set at the start cannot be changed or taken away', async () => {
  const requestedBy = { userId: '100000000000000009', displayName: 'Ann' };
  await k.apply(session('set', { maxDurationSeconds: 600, requestedBy, profile: 'offline' }));
  for (const spec of [
    { maxDurationSeconds: 700 },
    { maxDurationSeconds: null },
    { requestedBy: { displayName: 'Bob' } },
    { requestedBy: null },
    { profile: 'cloud' },
  ]) {
    expect(await k.refused(...patch('set', spec))).toMatch(/is immutable, and cannot be set later/);
  }
});

test('NPCs can be muted and unmuted, and a session stopped, but never run again', async () => {
  await k.apply(session('stopped'));
  await k(...patch('stopped', { mutedNpcs: ['Greta'] }));
  await k(...patch('stopped', { mutedNpcs: null, desiredState: 'Stopped' }));
  const message = /a session that was stopped does not run again/;
  expect(await k.refused(...patch('stopped', { desiredState: 'Running' }))).toMatch(message);
  // Taking it away would bring the default back.
  expect(await k.refused(...patch('stopped', { desiredState: null }))).toMatch(message);
});

test('a final phase stays', async () => {
  await k.apply(session('final'));
  await k(...patchStatus('final', { phase: 'Active' }));
  await k(...patchStatus('final', { phase: 'Ended', endReason: 'Idle' }));
  expect(await k.refused(...patchStatus('final', { phase: 'Active' }))).toMatch(/Ended and Failed are final/);
});

test('a status that the API does not know is refused', async () => {
  await k.apply(session('status'));
  expect(await k.refused(...patchStatus('status', { phase: 'Napping' }))).toMatch(
    /supported values: "Pending"/,
  );
  expect(await k.refused(...patchStatus('status', { endReason: 'Bored' }))).toMatch(
    /supported values: "Requested"/,
  );
  const condition = {
    type: 'Ready',
    status: 'Yes',
    reason: 'X',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  expect(await k.refused(...patchStatus('status', { conditions: [condition] }))).toMatch(
    /supported values: "True"/,
  );
});

test('spec and status are written apart', async () => {
  await k.apply({ ...session('apart'), status: { phase: 'Active' } });
  expect((await json('get', 'vs', 'apart')).status).toBeUndefined();
});

test('kubectl get voicesessions shows what runs and how fast it answers', async () => {
  await k.apply(session('columns'));
  await k(
    ...patchStatus('columns', {
      phase: 'Active',
      reason: 'Listening',
      worker: { podName: 'columns-1-abc', restarts: 1, node: 'node-1' },
      voice: { responseP50Ms: 820 },
    }),
  );
  const words = async (...args: readonly string[]) =>
    (await k('get', 'voicesessions', 'columns', ...args))
      .trim()
      .split('\n')
      .map((line) => line.split(/\s{2,}|\s+$/));
  const [header, row] = await words();
  expect(header).toEqual([
    'NAME',
    'CAMPAIGN',
    'CHANNEL',
    'PHASE',
    'WORKER',
    'RESPONSE(P50)',
    'RESTARTS',
    'AGE',
  ]);
  expect(row?.slice(0, 7)).toEqual(['columns', 'village', CHANNEL, 'Active', 'columns-1-abc', '820', '1']);
  const [wide, wideRow] = await words('-o', 'wide');
  expect(wide?.slice(8)).toEqual(['REASON', 'NODE', 'GUILD']);
  expect(wideRow?.slice(8)).toEqual(['Listening', 'node-1', GUILD]);
});

test('kubectl get tenants and campaigns show their columns', async () => {
  const header = async (kind: string) =>
    (await k('get', kind))
      .split('\n')[0]
      ?.trim()
      .split(/\s{2,}/);
  expect(await header('tn')).toEqual(['NAME', 'TOPOLOGY', 'READY', 'SESSIONS', 'HOURS', 'GATEWAY', 'AGE']);
  expect(await header('camp')).toEqual(['NAME', 'TITLE', 'NPCS', 'SESSION', 'READY', 'AGE']);
});

test('kubectl get skald shows all three kinds', async () => {
  const names = await k('get', 'skald', '-o', 'name');
  expect(names).toMatch(/^campaign\.skald\.dev\/village$/m);
  expect(names).toMatch(/^voicesession\.skald\.dev\/friday$/m);
  expect(names).toMatch(new RegExp(`^tenant\\.skald\\.dev/${tenantName}$`, 'm'));
});

test('kubectl wait for=condition=Ready works', async () => {
  await k.apply(session('wait'));
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'Listening',
    message: 'x',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await k(...patchStatus('wait', { conditions: [condition] }));
  expect(await k('wait', '--for=condition=Ready', 'voicesession/wait', '--timeout=5s')).toMatch(
    /condition met/,
  );
});

test('kubectl explain has words for every field', async () => {
  for (const kind of ['tenant', 'campaign', 'voicesession']) {
    const bare: string[] = [];
    const walk = (schema: Schema, path: string): void => {
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        if (child.description === undefined && path !== '' && child.$ref === undefined)
          bare.push(`${path}.${name}`);
        walk(child, `${path}.${name}`);
      }
      if (schema.items !== undefined) walk(schema.items, `${path}[]`);
    };
    const crd = await json('get', 'crd', `${kind}s.skald.dev`);
    const schema = crd.spec.versions[0].schema.openAPIV3Schema;
    walk(schema.properties.spec, 'spec');
    walk(schema.properties.status, 'status');
    expect(bare, kind).toEqual([]);
  }
  expect(await k('explain', 'voicesession.spec.desiredState')).toMatch(
    /It\s+never\s+goes\s+back\s+to\s+`Running`/,
  );
  expect(await k('explain', 'tenant.spec.limits.idleTimeoutSeconds')).toMatch(/without speech/);
});

interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
