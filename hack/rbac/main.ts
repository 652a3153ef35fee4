// npm test's stage `rights`: what the roles grant is used, by the integration tests that have just run, or explained.
// With --print: everything that was used.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { EXPLAINED } from './explained.ts';
import { grantedRights, installedRights, RECORD, type Record } from './record.ts';
import { judge } from './usage.ts';

const { values } = parseArgs({ options: { print: { type: 'boolean', default: false } } });

const record = await readFile(RECORD, 'utf8').then(
  (text): Record => JSON.parse(text),
  () => undefined,
);
if (record === undefined) {
  console.error(`${RECORD} is not there: run the stage integration first (npm test -- integration rights).`);
  process.exit(1);
}
const granted = grantedRights(await installedRights());
const { unused, idle } = judge(granted, new Set(record.used), EXPLAINED);
if (values.print) for (const grant of record.used) console.log(`used: ${grant}`);
for (const grant of unused) console.error(`granted and never used: ${grant}`);
for (const grant of idle)
  console.error(`explained, and used or not granted any more: ${grant} (hack/rbac/explained.ts)`);
console.log(
  `${granted.size} rights granted: ${granted.size - unused.length - EXPLAINED.length + idle.length} used in ${record.requests} requests, ${EXPLAINED.length} explained, ${unused.length} unused`,
);
process.exitCode = unused.length + idle.length > 0 ? 1 : 0;
