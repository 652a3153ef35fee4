import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigurationError, environmentName, loadSettings, readSecretFile } from './index.ts';

const schema = z.object({
  systemNamespace: z.string().min(1).default('skald-system'),
  gateway: z.object({
    slots: z.number().int().positive(),
    addresses: z.array(z.string()).default([]),
    ports: z.array(z.number()).optional(),
  }),
  leaderElection: z.boolean().default(true),
  tolerations: z.array(z.object({ key: z.string() })).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  databaseUrl: z.url().optional(),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-settings-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function problems(promise: Promise<unknown>): Promise<readonly string[]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return error instanceof ConfigurationError ? error.problems : [];
}

test('a field’s variable is the prefix and its path in upper snake case', () => {
  expect(environmentName('SKALD', ['gateway', 'slots'])).toBe('SKALD_GATEWAY_SLOTS');
  expect(environmentName('SKALD', ['databaseUrlFile'])).toBe('SKALD_DATABASE_URL_FILE');
  expect(environmentName('SKALD', ['extraCAFile'])).toBe('SKALD_EXTRA_CA_FILE');
});

describe('settings', () => {
  test('come from the environment, typed by the schema', async () => {
    const env = {
      SKALD_GATEWAY_SLOTS: '3',
      SKALD_GATEWAY_ADDRESSES: 'a:1, b:2',
      SKALD_GATEWAY_PORTS: '[1, 2]',
      SKALD_LEADER_ELECTION: 'false',
      SKALD_TOLERATIONS: '[{"key":"gpu"}]',
      SKALD_LABELS: '{"team":"x"}',
      SKALD_SYSTEM_NAMESPACE: '',
    };
    expect(await loadSettings(schema, { env })).toEqual({
      systemNamespace: 'skald-system',
      gateway: { slots: 3, addresses: ['a:1', 'b:2'], ports: [1, 2] },
      leaderElection: false,
      tolerations: [{ key: 'gpu' }],
      labels: { team: 'x' },
    });
  });

  test('come from the file, and the environment wins', async () => {
    const path = await file('a.yaml', 'systemNamespace: from-file\ngateway:\n  slots: 1\n  addresses: [x]\n');
    const settings = await loadSettings(schema, { env: { SKALD_GATEWAY_SLOTS: '2' }, file: path });
    expect(settings).toMatchObject({ systemNamespace: 'from-file', gateway: { slots: 2, addresses: ['x'] } });
    const named = await loadSettings(schema, { env: { SKALD_CONFIG_FILE: path } });
    expect(named.gateway.slots).toBe(1);
  });

  test('are all checked at once, by variable, and no value is repeated', async () => {
    const env = {
      SKALD_GATEWAY_SLOTS: 'hunter2',
      SKALD_LEADER_ELECTION: 'hunter2',
      SKALD_DATABASE_URL: 'hunter2',
      SKALD_LABELS: 'hunter2',
    };
    const found = await problems(loadSettings(schema, { env }));
    expect(found.map((text) => text.split(':', 1)[0]).sort()).toEqual([
      'SKALD_DATABASE_URL',
      'SKALD_GATEWAY_SLOTS',
      'SKALD_LABELS',
      'SKALD_LEADER_ELECTION',
    ]);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  test('that are required and missing are named by their variable', async () => {
    expect(await problems(loadSettings(schema, { env: {} }))).toEqual([
      'SKALD_GATEWAY_SLOTS: required, but not set',
    ]);
  });

  test('of the file are named by file and key, unknown keys among them', async () => {
    const path = await file('b.yaml', 'gateway: {slots: many, slts: 1}\nnonsense: 1\n');
    expect(await problems(loadSettings(schema, { env: {}, file: path }))).toEqual([
      `${path}: gateway.slts: no such setting`,
      `${path}: nonsense: no such setting`,
      expect.stringMatching(/b\.yaml: gateway\.slots: .*number.* \(or set SKALD_GATEWAY_SLOTS\)$/),
    ]);
  });

  test('of a missing or broken file are a problem too', async () => {
    const broken = await file('c.yaml', 'a: 1\nb: [hunter2\n');
    expect((await problems(loadSettings(schema, { env: {}, file: broken }))).join()).toMatch(
      /not valid YAML at line/,
    );
    const missing = await problems(loadSettings(schema, { env: {}, file: join(folder, 'none.yaml') }));
    expect(missing[0]).toMatch(/cannot be read \(ENOENT\)/);
  });
});

describe('a secret file', () => {
  test('is read without its final line end', async () => {
    expect(await readSecretFile(await file('s', 'hunter2\r\n'), 'the token')).toBe('hunter2');
  });

  test('that is missing or empty is a configuration error that says what it is for', async () => {
    expect(await problems(readSecretFile(await file('e', '\n'), 'the token'))).toEqual([
      expect.stringMatching(/is empty, but must hold the token$/),
    ]);
    expect((await problems(readSecretFile(join(folder, 'none'), 'the token')))[0]).toMatch(
      /the token cannot .*ENOENT/,
    );
  });
});
