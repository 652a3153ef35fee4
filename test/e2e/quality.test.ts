import { expect, inject, it } from 'vitest';
import { prepareEvening } from '../../bench/quality/evening.ts';
import { Kubectl } from '../../hack/environment/kubectl.ts';

/** One of each kind is among them; `npm run bench -- quality` plays all. */
const LINES = 20;

it('an evening at the table: the right NPC answers, nobody is cut wrongly, nothing is missed', async ({
  signal,
}) => {
  const info = inject('environment');
  const kubectl = await Kubectl.open(info);
  const play = await prepareEvening({ info, kubectl }, () => {}, signal);
  const verdicts = await play('given', LINES);
  expect(verdicts).toHaveLength(LINES);
  const wrong = verdicts.filter(({ faults }) => faults.length > 0);
  expect(wrong.map(({ line, ...what }) => ({ ...what, said: line.text }))).toEqual([]);
});
