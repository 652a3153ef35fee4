import { Progress } from '../../hack/environment/progress.ts';
import { startPostgres } from '../../hack/postgres/index.ts';
import { tenantDatabaseUrl } from '../../src/store/index.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { Bench } from '../benches.ts';
import { help, parseOptions } from './options.ts';
import { missed, summarise, table } from './results.ts';
import { soak } from './table.ts';

const SCHEMA = 'soak';

export const soakBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const progress = new Progress();
    const postgres = await startPostgres({ signal });
    try {
      const databaseUrl = tenantDatabaseUrl(postgres.url, SCHEMA);
      await migrate({ url: postgres.url, schema: SCHEMA, set: 'tenant' });
      const { minutes } = options;
      const measured = await progress.step('soak', `A session of ${minutes} minutes`, () =>
        soak({ minutes, databaseUrl, signal, note: progress.note }),
      );
      const summary = summarise(measured);
      process.stderr.write(`\n${table(summary)}\n\n`);
      const problems = missed(summary);
      for (const problem of problems) process.stderr.write(`${problem}\n`);
      if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      return problems.length > 0 ? 1 : 0;
    } finally {
      await postgres.stop();
    }
  },
};
