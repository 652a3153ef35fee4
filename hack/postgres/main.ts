// `node hack/postgres/main.ts --host ADDRESS --allow CIDR --ready-file FILE`: PostgreSQL for the demo and the e2e
// tests, as a program of its own so that it can outlive the run that started it.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startPostgres } from './index.ts';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    allow: { type: 'string', multiple: true, default: [] },
    'ready-file': { type: 'string' },
  },
});

const postgres = await startPostgres({ host: values.host, allow: values.allow });
if (values['ready-file']) {
  await writeFile(
    values['ready-file'],
    JSON.stringify({
      url: postgres.url,
      administratorUrl: postgres.administratorUrl,
      pid: process.pid,
    }),
    {
      mode: 0o600,
    },
  );
}
// The server's handle holds no event loop open; this does.
const alive = setInterval(() => {}, 60_000);
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
clearInterval(alive);
await postgres.stop();
