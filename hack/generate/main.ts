// npm run generate [-- --check]: everything that is made from crds/ and from the protobuf contract.
// With --check nothing is written; the exit code is 1 when something is not current, and it is named.
import { parseArgs } from 'node:util';
import { ensureTools } from '../tools/index.ts';
import { generatedOutputs } from './generated.ts';
import { staleOutputs, writeOutputs } from './outputs.ts';

const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const { helm } = await ensureTools(['helm'], (message) => console.error(message));
const outputs = await generatedOutputs(root, helm);
if (values.check) {
  const stale = await staleOutputs(root, outputs);
  for (const path of stale) console.error(`not current: ${path}`);
  if (stale.length > 0) console.error('Run `npm run generate` and commit the result.');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  const written = await writeOutputs(root, outputs);
  console.log(written.length === 0 ? 'Everything was current.' : written.map((p) => `wrote ${p}`).join('\n'));
}
