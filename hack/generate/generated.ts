// All generated files of the repository with their wanted text.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../process/run.ts';
import { renderMatrix } from '../rbac/golden.ts';
import { CHART_VALUES, SYSTEM } from '../rbac/installation.ts';
import { CHART_CRDS, chartCrds, kustomizeCrds } from './crd-copies.ts';
import { KUSTOMIZE_FOLDERS, kustomizeFiles } from './kustomize.ts';
import type { Outputs } from './outputs.ts';
import { renderReference } from './reference.ts';
import { ROLES_SCHEMA, renderRolesSchema } from './roles.ts';
import { renderRpc } from './rpc.ts';
import { type CustomResourceDefinition, readDefinition } from './schema.ts';
import { renderTypes } from './typescript.ts';
import { renderDefinitions } from './validation.ts';

/** The Kubernetes version that kustomize's manifests are rendered for; the chart does not depend on it. */
const KUBE_VERSION = '1.30.0';

/** @param helm path of the program, which renders the chart for kustomize. */
export async function generatedOutputs(root: string, helm: string): Promise<Outputs> {
  const definitions = await readDefinitions(join(root, 'crds'));
  const types = join(root, 'src/api/generated');
  const validation = join(root, 'src/validation/generated');
  const files = new Map<string, string>();
  for (const [name, text] of renderTypes(definitions)) files.set(join(types, name), text);
  files.set(join(validation, 'definitions.ts'), renderDefinitions(definitions));
  for (const [path, text] of await renderRpc(root)) files.set(path, text);
  for (const [path, text] of chartCrds(root, definitions)) files.set(path, text);
  files.set(join(root, 'docs/api.md'), renderReference(definitions));
  files.set(join(root, ROLES_SCHEMA), renderRolesSchema(definitions));
  const objects = await renderChart(root, helm);
  for (const [path, text] of kustomizeFiles(root, objects)) files.set(path, text);
  for (const [path, text] of kustomizeCrds(root, definitions)) files.set(path, text);
  files.set(join(root, 'test/golden/rbac.md'), renderMatrix(await template(root, helm, CHART_VALUES)));
  const folders = KUSTOMIZE_FOLDERS.map((name) => join(root, 'config', name));
  return { files, folders: [types, validation, join(root, CHART_CRDS), ...folders] };
}

/** Everything but the CRDs, with the defaults and a database, which is what a real installation has. */
function renderChart(root: string, helm: string): Promise<string> {
  return template(root, helm, ['crds.install=false', 'database.existingSecret=skald-database']);
}

function template(root: string, helm: string, values: readonly string[]): Promise<string> {
  const flags = ['--namespace', SYSTEM, '--kube-version', KUBE_VERSION];
  const chart = join(root, 'helm/skald');
  return run(helm, ['template', 'skald', chart, ...flags, ...values.flatMap((value) => ['--set', value])]);
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
