/** The soak of `npm run bench -- soak`, for as long as two questions take. */
import { expect, inject, test } from 'vitest';
import { soak } from '../../../bench/soak/table.ts';
import { tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';

test('a bad network, and people who come and go: who is asked answers', async () => {
  const schema = `soak_${Date.now()}`;
  await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
  const problems: string[] = [];
  const measured = await soak({
    minutes: 0.3,
    databaseUrl: tenantDatabaseUrl(inject('databaseUrl'), schema),
    signal: AbortSignal.timeout(55_000),
    note: (message) => problems.push(message),
  });
  const { questions, stalled } = measured;
  expect(questions + stalled).toBe(2);
  expect(measured, problems.join('\n')).toMatchObject({
    answered: questions,
    rejoins: 0,
    restarts: 0,
    undecryptable: 0,
  });
  expect(measured.counts).toHaveProperty('concealedPackets');
});
