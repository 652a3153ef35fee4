// All generated files of the repository with their wanted text.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Outputs } from './outputs.ts';
import { renderRpc } from './rpc.ts';
import { type CustomResourceDefinition, readDefinition } from './schema.ts';
import { renderTypes } from './typescript.ts';

export async function generatedOutputs(root: string): Promise<Outputs> {
  const definitions = await readDefinitions(join(root, 'crds'));
  const types = join(root, 'src/api/generated');
  const files = new Map<string, string>();
  for (const [name, text] of renderTypes(definitions)) files.set(join(types, name), text);
  for (const [path, text] of await renderRpc(root)) files.set(path, text);
  return { files, folders: [types] };
}

async function readDefinitions(folder: string): Promise<CustomResourceDefinition[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return readDefinition(name, text, parse(text));
    }),
  );
}
