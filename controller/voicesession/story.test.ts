import { expect, test } from 'vitest';
import { condition } from './fixtures.ts';
import { chaptersBetween } from './story.ts';

const reasons = (...statuses: Parameters<typeof chaptersBetween>) =>
  chaptersBetween(...statuses).map(({ type, reason }) => `${type} ${reason}`);

test('each change of phase is told once', () => {
  expect(reasons({ phase: 'Pending' }, { phase: 'Provisioning', worker: { jobName: 'j' } })).toEqual([
    'Normal Admitted',
  ]);
  expect(reasons({ phase: 'Provisioning' }, { phase: 'Provisioning' })).toEqual([]);
  expect(reasons({ phase: 'Active' }, { phase: 'Degraded', reason: 'WorkerLost' })).toEqual([
    'Warning WorkerLost',
  ]);
  expect(reasons({ phase: 'Draining' }, { phase: 'Failed', reason: 'IdentityRefused' })).toEqual([
    'Warning IdentityRefused',
  ]);
});

test('a reason to wait is told when it changes', () => {
  expect(reasons(undefined, { phase: 'Pending', reason: 'GuildBusy' })).toEqual(['Warning GuildBusy']);
  expect(
    reasons({ phase: 'Pending', reason: 'GuildBusy' }, { phase: 'Pending', reason: 'GuildBusy' }),
  ).toEqual([]);
});

test('a fault within a phase is told, progress is not', () => {
  expect(
    reasons(
      { phase: 'Provisioning', reason: 'WorkerPending' },
      { phase: 'Provisioning', reason: 'Unschedulable' },
    ),
  ).toEqual(['Warning Unschedulable']);
  expect(
    reasons(
      { phase: 'Provisioning', reason: 'WorkerPending' },
      { phase: 'Provisioning', reason: 'WorkerStarting' },
    ),
  ).toEqual([]);
});

test('the first time that the NPCs listen says how long it took, the end what came of it', () => {
  const times = { startedAt: '2030-01-01T00:00:00Z', activeAt: '2030-01-01T00:00:04Z' };
  expect(chaptersBetween({ phase: 'Connecting' }, { phase: 'Active', ...times })[0]?.note).toBe(
    'The NPCs listen after 4 s.',
  );
  expect(chaptersBetween({ phase: 'Degraded', ...times }, { phase: 'Active', ...times })[0]?.note).toBe(
    'The NPCs listen again.',
  );
  const ended = {
    phase: 'Ended',
    result: { utterances: 3, replies: 2 },
    conditions: [condition('Ended', 'True')],
  } as const;
  expect(chaptersBetween({ phase: 'Draining' }, ended)[0]?.note).toBe(
    'Because of this. 3 utterances heard, 2 answers spoken.',
  );
});
