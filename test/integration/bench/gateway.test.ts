import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { measure } from '../../../bench/gateway/measure.ts';
import { missed, summarise } from '../../../bench/gateway/results.ts';
import { Stage } from '../../../bench/gateway/stage.ts';
import { DIAL_SPACING_MS } from '../../../gateway/discord/dial-pacer.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { testDatabase } from '../store/database.ts';

/** For its working: the figures of a few tenants on a machine that does other things say nothing. */
test('ten tenants: each bot connects, none at the same time as another, and each tenant is answered', async () => {
  await using database = await testDatabase();
  await migrate({ url: database.url, schema: 'skald', set: 'shared' });
  const { signal } = new AbortController();
  const kubeconfig = inject('kubeconfig');
  const stage = await Stage.open({
    kubeconfig,
    databaseUrl: database.url,
    id: randomUUID().slice(0, 8),
    signal,
  });
  try {
    const notes: string[] = [];
    const note = (message: string): void => void notes.push(message);
    const measured = await measure(stage, { tenants: 10, commands: 20, settleMs: 0, signal, note });
    expect(measured.statusMs).toHaveLength(20);
    expect(notes).toContain('10 bots are connected');
    // Nine times the space between two, less what the first was slower than the last.
    expect(measured.connecting.seconds * 1_000).toBeGreaterThan(4 * DIAL_SPACING_MS);
  } finally {
    await stage.close();
  }
}, 120_000);

test('a bar that is missed is missed', () => {
  const measured = {
    tenants: 100,
    residentMB: { alone: 100, serving: 700 },
    connecting: { seconds: 5, mostPerSecond: 20 },
    statusMs: [10, 20, 149],
  };
  expect(missed(summarise(measured))).toBe(false);
  expect(missed(summarise({ ...measured, statusMs: [10, 20, 160] }))).toBe(true);
  expect(missed(summarise({ ...measured, residentMB: { alone: 100, serving: 702 } }))).toBe(true);
});
