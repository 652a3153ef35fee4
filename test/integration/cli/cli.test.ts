// The commands for people, on a real API server and the Discord simulator, as a person runs them.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { doctorMain } from '../../../cli/doctor/main.ts';
import { inviteMain } from '../../../cli/invite/main.ts';
import { sessionsMain } from '../../../cli/sessions/main.ts';
import type { Terminal } from '../../../cli/terminal.ts';
import { whyMain } from '../../../cli/why/main.ts';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { registerCommands } from '../../../gateway/commands/register.ts';
import { commandBodies } from '../../../gateway/commands/registry.ts';
import { voicePermissions } from '../../../src/discord/requirements.ts';
import { roleBindings, secrets } from '../../../src/kube/index.ts';
import { DiscordSimulator } from '../../discord/simulator.ts';
import { unique, World } from '../controller/world.ts';

const APPLICATION = '300000000000000001';
const GUILD = '300000000000000002';
const never = new AbortController().signal;

let world: World;
let discord: DiscordSimulator;
let tenant: string;
let namespace: string;
let token: string;
let folder: string;
/** A session that runs all the time. */
let running: string;

/** Runs a command; what it printed and its exit code. */
async function run(command: (terminal: Terminal) => Promise<number>, env: Terminal['env'] = {}) {
  let stdout = '';
  let stderr = '';
  const code = await command({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    colour: false,
    screen: false,
    env,
    now: () => new Date(),
  });
  return { code, stdout, stderr };
}

const flags = () => ({ kubeconfig: inject('kubeconfig'), systemNamespace: world.systemNamespace });
const why = (name: string, more: object = {}) =>
  run((terminal) => whyMain(name, { ...flags(), ...more }, never, terminal));
const doctor = (of: string | undefined, more: object = {}) =>
  run((terminal) =>
    doctorMain(
      of,
      { ...flags(), version: '0.1.0', discordApiUrl: discord.addresses.apiUrl, ...more },
      never,
      terminal,
    ),
  );

/** The administrator's kubeconfig as somebody else. */
async function kubeconfigAs(user: string): Promise<string> {
  const config = parse(await readFile(inject('kubeconfig'), 'utf8'));
  for (const entry of config.users) entry.user.as = user;
  const path = join(folder, `${user}.yaml`);
  await writeFile(path, stringify(config));
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-cli-'));
  discord = new DiscordSimulator();
  await discord.start();
  ({ token } = await discord.addApplication({ id: APPLICATION, name: 'Skald' }));
  await discord.addGuild({ id: GUILD, name: 'The Round Table' });
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  tenant = unique('cli');
  namespace = `skald-${tenant}`;
  await world.tenant(tenant, {
    limits: { maxSessionSeconds: 3600, idleTimeoutSeconds: 60, admissionTimeoutSeconds: 60 },
  });
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  running = unique('runs');
  await world.active(namespace, running);
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await discord?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('skald why', () => {
  test('tells the story of a session that runs, from its creation on, wherever it is', async () => {
    const name = running;
    const { code, stdout } = await why(name, { json: true });
    expect(code).toBe(0);
    const story = JSON.parse(stdout);
    expect(story).toMatchObject({
      namespace,
      name,
      phase: 'Active',
      verdict: { state: 'runs', reason: 'Listening' },
    });
    const sources = new Set(story.moments.map(({ source }: { source: string }) => source));
    expect([...sources]).toEqual(expect.arrayContaining(['session', 'job', 'pod', 'condition']));
    // Events are written a moment later.
    await expect
      .poll(async () => (await why(`${namespace}/${name}`)).stdout, { timeout: 20_000 })
      .toMatch(/event {6}Active: The NPCs listen/);
    const { stdout: text } = await why(name);
    expect(text).toContain('Verdict: It runs: the NPCs have listened');
    // There is no kubelet and no gateway here: that is said, and the story is told.
    expect(text).toContain(`Not read: the log of the worker`);
  });

  test('finds what lies behind a session that waits, and suggests the name that was meant', async () => {
    const name = unique('waits');
    await world.session(namespace, name, { campaignRef: { name: 'curs' } });
    await world.phase(namespace, name, 'Pending');
    await expect
      .poll(async () => (await why(name, { tenant })).stdout, { timeout: 20_000 })
      .toContain('Campaign curs does not exist. Did you mean curse?');
    const wrong = await why(`${name}x`, { namespace });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain(`Did you mean ${name}?`);
  });

  test('says which rights a caller lacks, and tells the rest', async () => {
    const name = running;
    await world.admin.apply(
      roleBindings,
      {
        metadata: { name: 'viewer', namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'skald-gm' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'robin' }],
      },
      { fieldManager: 'test' },
    );
    const { code, stdout } = await why(name, { namespace, kubeconfig: await kubeconfigAs('robin') });
    expect(code).toBe(0);
    expect(stdout).toContain('Verdict: It runs');
    expect(stdout).toContain(`You may not list pods in ${namespace}.`);
    expect(stdout).toContain(`kubectl auth can-i list pods -n ${namespace}`);
    const nobody = await why(name, { namespace, kubeconfig: await kubeconfigAs('nobody') });
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain('You may not get voicesessions.skald.dev');
  });

  test('wrong usage is 2', async () => {
    expect(await why('friday', { since: 'yesterday' })).toMatchObject({ code: 2, stdout: '' });
    expect(await why(`${namespace}/friday`, { namespace: 'another' })).toMatchObject({ code: 2 });
  });
});

describe('skald sessions', () => {
  test('lists what runs, and goes on when it is told to', async () => {
    const name = running;
    const stop = new AbortController();
    const tables: string[] = [];
    const watching = run((terminal) =>
      sessionsMain({ ...flags(), tenant, watch: true, json: true }, stop.signal, {
        ...terminal,
        stdout: (text) => void tables.push(text),
      }),
    );
    await expect
      .poll(() => JSON.parse(tables.at(-1) ?? '{"sessions":[]}').sessions, { timeout: 20_000 })
      .toContainEqual(expect.objectContaining({ namespace, name, campaign: 'curse', phase: 'Active' }));
    const another = unique('another');
    await world.session(namespace, another);
    await expect
      .poll(() => tables.at(-1), { timeout: 20_000 })
      .toContain(`"name":"${another}","campaign":"curse"`);
    stop.abort();
    expect((await watching).code).toBe(0);
    const { stdout } = await run((terminal) => sessionsMain({ ...flags(), namespace }, never, terminal));
    expect(stdout).toMatch(/^NAME +CAMPAIGN +PHASE/);
    expect(stdout).toMatch(new RegExp(`^${name} +curse +Active`, 'm'));
  });

  test('of a Tenant that does not exist: the name that is near', async () => {
    const { code, stderr } = await run((terminal) =>
      sessionsMain({ ...flags(), tenant: `${tenant}x` }, never, terminal),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no Tenant ${tenant}x. Did you mean ${tenant}?`);
  });
});

describe('skald doctor', () => {
  const found = async (of: string | undefined, more: object = {}) => {
    const { stdout, stderr, code } = await doctor(of, { json: true, ...more });
    expect(stderr).toBe('');
    const { checks }: { checks: { id: string; status: string; text: string; fix?: string }[] } =
      JSON.parse(stdout);
    return { code, checks, bad: checks.filter(({ status }) => status === 'fail').map(({ id }) => id) };
  };

  test('of a Tenant: what is missing on Discord’s side, one after the other, until nothing is', async () => {
    await world.admin.patch(
      tenants,
      { name: tenant },
      { merge: { spec: { discord: { applicationId: APPLICATION, guilds: [GUILD] } } } },
    );
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'not-the-token');
    expect((await found(tenant, { tokenFile })).bad).toEqual(['discord.token']);
    await writeFile(tokenFile, token);
    const first = await found(tenant, { tokenFile });
    expect(first).toMatchObject({ code: 1, bad: ['discord.server'] });

    const { stdout: link } = await run((terminal) =>
      inviteMain(tenant, { ...flags(), guild: GUILD }, never, terminal),
    );
    expect(new URL(link).searchParams.get('client_id')).toBe(APPLICATION);
    await discord.inviteBot(APPLICATION, GUILD, {
      permissions: ['ViewChannel', 'SendMessages', 'EmbedLinks'],
    });
    const channel = await discord.addChannel(GUILD, { type: 'voice', name: 'Tavern' });
    await discord.addChannel(GUILD, { type: 'text', name: 'table-talk' });
    await discord.setChannelPermissions(channel, GUILD, { deny: ['Connect', 'Speak'] });
    expect((await found(tenant, { tokenFile })).bad).toEqual(['discord.commands', 'discord.voice']);

    await discord.setChannelPermissions(channel, APPLICATION, {
      allow: Object.keys(voicePermissions).filter(isVoice),
    });
    const rest = new REST({ version: '10', api: discord.addresses.apiUrl }).setToken(token);
    const { applicationCommands } = new API(rest);
    await registerCommands({
      applicationCommands,
      applicationId: APPLICATION,
      guildId: GUILD,
      bodies: commandBodies(),
    });
    const last = await found(tenant, { tokenFile });
    expect(last).toMatchObject({ code: 0, bad: [] });
    expect(last.checks.filter(({ id }) => id === 'discord.commands')).toMatchObject([{ status: 'ok' }]);
  });

  test('reads the token where it may, never prints it, and takes ciphertext for what it is', async () => {
    await world.admin.apply(
      secrets,
      { metadata: { name: 'skald-bot-token', namespace }, stringData: { token } },
      { fieldManager: 'test' },
    );
    const { stdout } = await doctor(tenant, { json: true });
    expect(stdout).toContain('Discord takes the token');
    expect(stdout).not.toContain(token);
    await world.admin.apply(
      secrets,
      { metadata: { name: 'skald-bot-token', namespace }, stringData: { token: 'vault:v1:abcd' } },
      { fieldManager: 'test' },
    );
    const { checks } = await found(tenant);
    expect(checks.find(({ id }) => id === 'discord')?.text).toContain('encrypted at rest');
  });

  test('of the installation: definitions, rights, what is not there, and what cannot be said', async () => {
    const { code, checks, bad } = await found(undefined);
    const of = (id: string) => checks.filter((one) => one.id === id).map(({ status }) => status);
    expect(of('cluster')).toEqual(['ok']);
    expect(of('crds')).toEqual(['ok', 'ok', 'ok']);
    expect(of('discord')[0]).toBe('ok');
    expect(of('rights').length).toBeGreaterThan(0);
    expect(checks.find(({ id }) => id === 'rights')).toMatchObject({ status: 'ok' });
    // Only the operator is here, and it is no Deployment.
    expect(bad).toContain('operator');
    expect(code).toBe(1);
  });

  test('of the installation, with narrow rights: skipped, and how to get them', async () => {
    const { checks } = await found(undefined, { kubeconfig: await kubeconfigAs('robin') });
    const skippedIds = checks.filter(({ status }) => status === 'skipped').map(({ id }) => id);
    expect(skippedIds).toEqual(expect.arrayContaining(['crds', 'operator', 'gateways', 'database', 'voice']));
    expect(checks.every(({ status, text }) => text !== '' && status !== 'fail')).toBe(true);
  });

  test('with the database’s DSN: its version; a wrong one fails, and is not printed', async () => {
    const url = inject('databaseUrl');
    const good = await run(
      (t) => doctorMain(undefined, { ...flags(), version: '0.1.0', json: true }, never, t),
      { SKALD_DATABASE_URL: url },
    );
    expect(good.stdout).toMatch(/"id":"database","status":"(ok|warn)","text":"PostgreSQL 1\d/);
    const wrong = url.replace(/\/\/[^@]*@/, '//nobody:hunter2@');
    const bad = await run(
      (t) => doctorMain(undefined, { ...flags(), version: '0.1.0', json: true }, never, t),
      { SKALD_DATABASE_URL: wrong },
    );
    expect(bad.stdout).toContain('"id":"database","status":"fail"');
    expect(bad.stdout).not.toContain('hunter2');
  });
});

function isVoice(name: string): name is keyof typeof voicePermissions {
  return Object.hasOwn(voicePermissions, name);
}
