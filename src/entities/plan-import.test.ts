import { expect, test } from 'vitest';
import type { Candidate } from './candidate.ts';
import type { EntityText } from './entity.ts';
import { planImport } from './plan-import.ts';

const entity = (name: string, description = 'd'): EntityText => ({
  name,
  kind: '',
  description,
  knowledge: [],
});

const candidate = (name: string, description = 'd', line = 1): Candidate => {
  return {
    position: { line, column: 1 },
    name,
    found: { entity: entity(name, description), shortened: false },
  };
};

const kinds = (plan: ReturnType<typeof planImport>) =>
  plan.records.map(({ result }) => (result.kind === 'skipped' ? result.skipped.problem : result.kind));

test('new, changed, as before; what the manifest has in the same words is not written', () => {
  const stored = [
    { ...entity('Mill'), hidden: false },
    { ...entity('Ford'), hidden: false },
    { ...entity('Inn'), hidden: true },
  ];
  const candidates = [
    candidate('MILL'),
    candidate('Ford'),
    candidate('Inn'),
    candidate('Abbey'),
    candidate('New'),
  ];
  const plan = planImport(candidates, [entity('Inn'), entity('Abbey')], stored);
  expect(kinds(plan)).toEqual(['updated', 'unchanged', 'updated', 'unchanged', 'added']);
  expect(plan.entities.map(({ name }) => name)).toEqual(['MILL', 'Inn', 'New']);
});

test('a campaign takes 2048 entities and 512 KiB; what is there may still change', () => {
  const stored = Array.from({ length: 2047 }, (_, index) => ({ ...entity(`e${index}`), hidden: false }));
  expect(kinds(planImport([candidate('a'), candidate('b'), candidate('e1', 'x')], [], stored))).toEqual([
    'added',
    'full',
    'updated',
  ]);
  const long = Array.from({ length: 300 }, (_, index) => candidate(`e${index}`, 'ü'.repeat(2000)));
  const plan = planImport(long, [], []);
  expect(kinds(plan).filter((kind) => kind === 'full').length).toBeGreaterThan(100);
  expect(Buffer.byteLength(JSON.stringify(plan.entities))).toBeLessThan(515 * 1024);
});
