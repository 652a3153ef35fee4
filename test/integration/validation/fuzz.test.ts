// Random changes of good manifests: whatever the API server says of the result, the offline validator says, too.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parseDocuments } from '../../../cli/validate/documents.ts';
import { loadConfig } from '../../../src/kube/index.ts';
import { at, isObject, type JsonObject } from '../../../src/validation/index.ts';
import { corpus } from '../../manifests/corpus.ts';
import { mutated, pathsOf } from '../../manifests/mutations.ts';
import { offlineVerdict } from './offline.ts';
import { placed, Server } from './server.ts';

/** How many manifests, and which: the same each time, others with other numbers. */
const RUNS = Number(process.env.SKALD_FUZZ_RUNS ?? 600);
const SEED = Number(process.env.SKALD_FUZZ_SEED ?? 1);

let server: Server;
beforeAll(async () => {
  server = await Server.connect(await loadConfig({ kubeconfig: inject('kubeconfig') }));
});
afterAll(() => server.close());

const originals: readonly JsonObject[] = corpus('good')
  .flatMap(({ text }) => parseDocuments(text).documents.map(({ value }) => value))
  .filter(isObject)
  .filter((value) => value.get('apiVersion') === 'skald.dev/v1alpha1' && pathsOf(value, []).length < 200);

test(`${RUNS} random manifests get the same verdict from both (SKALD_FUZZ_SEED=${SEED})`, async () => {
  const samples = fc
    .sample(mutated(originals), { numRuns: RUNS, seed: SEED })
    .filter(isComparable)
    .map(placed);
  const judged = await Promise.all(
    samples.map(async (object) => ({
      object,
      server: await server.verdict(object),
      offline: offlineVerdict(object),
    })),
  );
  const differing = judged.filter((one) => JSON.stringify(one.server) !== JSON.stringify(one.offline));
  expect(differing.slice(0, 3)).toEqual([]);
  // A fuzz that only ever makes good or bad manifests compares nothing.
  const refused = judged.filter((one) => one.server.length > 0).length;
  expect(refused).toBeGreaterThan(samples.length / 4);
  expect(refused).toBeLessThan(samples.length * 0.98);
});

/** A request cannot say a namespace that is none. */
function isComparable(object: JsonObject): boolean {
  const namespace = at(object, ['metadata', 'namespace']);
  return namespace === undefined || typeof namespace === 'string';
}
