import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { crashed, exitCodes, exitName, exitOutcome, exitOutcomes } from './exit-codes.ts';

test('no two endings have one code', () => {
  const codes = Object.values(exitCodes);
  expect(new Set(codes).size).toBe(codes.length);
});

test('only Stopped completes the Job, and only it is 0', () => {
  const completing = Object.values(exitOutcomes).filter((outcome) => outcome.job === 'complete');
  expect(completing).toEqual([exitOutcomes.Stopped]);
  expect(exitCodes.Stopped).toBe(0);
});

test('what the table does not know is a crash: 1, and SIGKILL', () => {
  expect(exitOutcome(1)).toBe(crashed);
  expect(exitOutcome(137)).toBe(crashed);
  expect(exitName(137)).toBeUndefined();
});

test('an ending is found by its code', () => {
  expect(exitOutcome(143)).toBe(exitOutcomes.Terminated);
  expect(exitName(69)).toBe('DiscordRefused');
});

test('what fails the Job at once is not respawned in the pod', () => {
  for (const outcome of Object.values(exitOutcomes)) {
    if (outcome.job === 'fail') expect(outcome.supervisor).toBe('pass');
  }
});

test('the documentation has the same table', async () => {
  const text = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \| (\w+) \| [^|]+ \| ([^|]+) \|$/gm)];
  const follows = {
    complete: /^the session ends$/,
    fail: /^the session (fails|ends) at once$/,
    retry: /^restarted in the pod; then another pod, counted$/,
    replace: /^another pod, not counted$/,
  };
  expect(rows.map(([, code, name]) => [Number(code), name])).toEqual(
    Object.entries(exitOutcomes).map(([name, { code }]) => [code, name]),
  );
  for (const [, code, , what = ''] of rows) {
    const outcome = exitOutcome(Number(code));
    expect(what).toMatch(follows[outcome.job]);
    expect(what.startsWith('restarted in the pod')).toBe(outcome.supervisor === 'respawn');
  }
  expect(text).toMatch(/^\| other \| \| a crash; 137 [^|]+\| as 75 \|$/m);
  expect({ ...crashed, code: 75, meaning: '' }).toEqual({ ...exitOutcomes.Temporary, meaning: '' });
});
