import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { gatherMarks, searchCluster } from '../../../hack/check-secrets/dynamic/check.ts';
import type { Mark } from '../../../hack/check-secrets/dynamic/marks.ts';
import { Kubectl } from '../../../hack/environment/kubectl.ts';

// The search of `npm run check:secrets` against a real API server and a real PostgreSQL: what is planted is found.

const namespace = `skald-search-${randomUUID().slice(0, 8)}`;
const SECRET = `mark/of+${randomUUID()}<&>`;
let kubectl: Kubectl;
let client: pg.Client;
let mark: Mark;

beforeAll(async () => {
  const kubeconfig = inject('kubeconfig');
  const { 'current-context': context }: { 'current-context': string } = parse(
    await readFile(kubeconfig, 'utf8'),
  );
  kubectl = await Kubectl.open({ kubeconfig, context });
  await kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    // `kubectl apply` leaves a copy in an annotation: that is still its home.
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'home', namespace },
      stringData: { token: SECRET },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'harmless', namespace },
      data: { token: 'none' },
    },
  ]);
  client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  const found = await gatherMarks({ kubectl });
  const own = found.find(({ value }) => value === SECRET);
  if (own === undefined) throw new Error('the mark was not gathered');
  mark = own;
});

afterAll(async () => {
  await client?.query('DROP TABLE IF EXISTS public.planted');
  await client?.end();
  await kubectl?.run(['delete', 'namespace', namespace, '--wait=false']);
});

const look = () => searchCluster([mark], { kubectl, databaseUrl: inject('databaseUrl') });

test('a secret at home is no hit, and everything else was looked at', async () => {
  const result = await look();
  expect(result.hits).toEqual([]);
  for (const place of ['other secrets', 'config maps', 'other objects', 'database', "PostgreSQL's log"])
    expect(result.places[place], place).toBeGreaterThan(0);
  expect(result.bytes).toBeGreaterThan(100_000);
});

test('the same secret elsewhere is found, whatever it is written in', async () => {
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'planted', namespace },
      data: { a: encodeURIComponent(SECRET) },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'planted', namespace, annotations: { a: SECRET } },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'planted', namespace },
      involvedObject: { kind: 'Namespace', name: namespace, namespace },
      reason: 'Planted',
      message: Buffer.from(`user:${SECRET}`).toString('base64'),
      type: 'Normal',
    },
  ]);
  // Not applied: the value is in `data` alone, in the middle of another one.
  await kubectl.run([
    'create',
    'secret',
    'generic',
    'planted',
    '--namespace',
    namespace,
    `--from-literal=a=dsn://${SECRET}@h`,
  ]);
  await client.query('CREATE TABLE public.planted (it jsonb)');
  await client.query('INSERT INTO public.planted VALUES ($1)', [
    { hex: Buffer.from(SECRET).toString('hex') },
  ]);
  // A statement that fails is in the server's log, with the value in it.
  await client.query(`SELECT '${SECRET}'::int`).catch(() => {});
  // And no longer the last one of this connection, which pg_stat_activity shows.
  await client.query('SELECT 1');
  const { hits } = await look();
  const found = new Map(hits.map(({ place, name, encoding }) => [place, `${name} ${encoding}`]));
  expect(found.get('config maps')).toBe(`configmaps ${namespace}/planted URL`);
  expect(found.get('other objects')).toBe(`serviceaccounts ${namespace}/planted plain`);
  expect(found.get('events')).toContain('base64');
  expect(found.get('other secrets')).toContain(`secret ${namespace}/planted`);
  expect(found.get('database')).toContain('public.planted hex');
  expect(found.get("PostgreSQL's log")).toContain('plain');
  expect(JSON.stringify(hits)).not.toContain(SECRET);
});
