// Contenders in TypeScript run as the product does in its image: compiled into one file by the same rules, with the
// flags of Node that the chart gives to the operator. Node's own way of running TypeScript costs 20 MiB and 0.2 s.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compilation } from '../../hack/bundle/compilation.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'dist', 'bench', 'peers');
const deployment = join(root, 'helm', 'skald', 'templates', 'controller', 'deployment.yaml');

/**
 * @param entry - Source below bench/peers/.
 * @returns Path of the compiled file.
 */
export async function bundled(entry: string): Promise<string> {
  const name = entry.replace(/\.ts$/, '').replaceAll('/', '-');
  await build({
    absWorkingDir: root,
    entryPoints: { [name]: fileURLToPath(new URL(entry, import.meta.url)) },
    outdir: folder,
    ...compilation,
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  return join(folder, `${name}.js`);
}

/** What stands between the program `node` and the operator's file in the chart. @throws when the chart has no such line. */
export async function operatorNodeFlags(): Promise<string[]> {
  const command = /command: \[\/app\/node, (.*)\/app\/skald\.js, controller\]/.exec(
    await readFile(deployment, 'utf8'),
  );
  if (command?.[1] === undefined) throw new Error(`${deployment} does not tell how the operator is started`);
  return command[1]
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '');
}
