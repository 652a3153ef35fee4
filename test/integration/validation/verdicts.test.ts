// The offline validator and a real API server judge the same manifests: they say the same, word for word.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseDocuments } from '../../../cli/validate/documents.ts';
import { loadConfig } from '../../../src/kube/index.ts';
import { definitions, isObject, type JsonObject } from '../../../src/validation/index.ts';
import { type Case, corpus } from '../../manifests/corpus.ts';
import { violationsOf } from '../../manifests/violations.ts';
import { offlineVerdict } from './offline.ts';
import { placed, Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await Server.connect(await loadConfig({ kubeconfig: inject('kubeconfig') }));
});
afterAll(() => server.close());

function ownObjects(text: string): JsonObject[] {
  return parseDocuments(text)
    .documents.map(({ value }) => value)
    .flatMap((value) => (isObject(value) && value.get('kind') === 'List' ? value.get('items') : value))
    .filter((value) => isObject(value))
    .filter((value) => value.get('apiVersion') === 'skald.dev/v1alpha1');
}

const good = corpus('good');
const bad = corpus('bad');
const bySchema = bad.filter(({ refused }) => refused !== 'cross' && refused !== 'yaml');
const byOperator = bad.filter(({ refused }) => refused === 'cross');

describe('manifests that are right', () => {
  test.each(good)('$name is accepted by both', async ({ text }) => {
    const objects = ownObjects(text);
    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects) {
      expect(await server.verdict(placed(object))).toEqual([]);
      expect(offlineVerdict(placed(object))).toEqual([]);
    }
  });

  test.each(['tenant', 'campaign', 'voicesession'])('the sample %s is accepted by both', async (name) => {
    const [object] = ownObjects(await readFile(`config/samples/${name}.yaml`, 'utf8'));
    if (object === undefined) throw new Error('the sample has no object');
    expect(await server.verdict(placed(object))).toEqual([]);
    expect(offlineVerdict(placed(object))).toEqual([]);
  });
});

describe('manifests that are wrong', () => {
  test('there are at least eighty', () => {
    expect(bad.length).toBeGreaterThanOrEqual(80);
  });

  test.each(bySchema)(
    '$name is refused by both, with the messages that it expects',
    async ({ text, expected }) => {
      const [object] = ownObjects(text);
      if (object === undefined) throw new Error('there is no object in it');
      expect(await server.verdict(placed(object))).toEqual(expected);
      expect(offlineVerdict(placed(object))).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    },
  );

  test.each(byOperator)(
    '$name is accepted by the server: only the operator sees what is wrong',
    async ({ text }) => {
      for (const object of ownObjects(text)) expect(await server.verdict(placed(object))).toEqual([]);
    },
  );
});

describe.each(definitions)('every constraint of $kind', ({ kind, schema }) => {
  const full = [...good, ...byOperator]
    .flatMap(({ text }) => ownObjects(text))
    .filter((object) => object.get('kind') === kind);
  const { violations, unreached } = violationsOf(schema, full);

  test('is of a field that an accepted manifest in test/manifests sets', () => {
    expect(unreached).toEqual([]);
  });

  test('refuses, and both say the same', async () => {
    const judged = await Promise.all(
      violations.map(async ({ constraint, object }) => ({
        constraint,
        server: await server.verdict(placed(object)),
        offline: offlineVerdict(placed(object)),
      })),
    );
    expect(judged.filter(({ server: said }) => said.length === 0)).toEqual([]);
    expect(judged.map(({ constraint, offline }) => [constraint, offline])).toEqual(
      judged.map(({ constraint, server: said }) => [constraint, said]),
    );
  });

  test('that is a CEL rule is broken by a manifest in test/manifests/bad', () => {
    const said = bad.filter(ofKind(kind)).flatMap(({ expected }) => expected);
    const unbroken = celRules(schema, '').filter(
      ({ field, message }) =>
        !said.some((line) => line.startsWith(`${field}: `) && line.endsWith(`: ${message}`)),
    );
    expect(unbroken).toEqual([]);
  });
});

function ofKind(kind: string): (one: Case) => boolean {
  return ({ text }) => text.includes(`\nkind: ${kind}\n`);
}

/** Rules about a change need an old object; test/integration/crds has those. */
function celRules(
  schema: (typeof definitions)[number]['schema'],
  field: string,
): { field: string; message: string }[] {
  const own = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !rule.includes('oldSelf'))
    .map(({ message = '', fieldPath = '' }) => ({ field: `${field}${fieldPath}` || '<nil>', message }));
  const below = Object.entries(schema.properties ?? {})
    .filter(([name]) => field !== '' || name !== 'status')
    .flatMap(([name, property]) => celRules(property, field === '' ? name : `${field}.${name}`));
  return [...own, ...below];
}
