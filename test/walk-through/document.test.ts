// The walk-through without a cluster: its manifests are valid, its commands and options exist. test/e2e plays it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { validateMain } from '../../cli/validate/main.ts';
import { commandBodies } from '../../gateway/commands/registry.ts';
import { readSteps, type Step, stepsOf } from './document.ts';

let steps: Step[];
beforeAll(async () => {
  steps = await readSteps();
});

const commands = (program: string) =>
  steps
    .flatMap((step) => (step.kind === 'sh' ? step.text.replaceAll('\\\n', ' ').split('\n') : []))
    .flatMap((line) => [...line.matchAll(new RegExp(`(?:^|\\$\\()${program} ([^)"]*)`, 'g'))])
    .map(([, rest = '']) => rest.trim());

describe('the walk-through', () => {
  test('has manifests that are valid together', async () => {
    const files = steps.flatMap((step) => (step.kind === 'file' ? [step.text] : []));
    expect(files).toHaveLength(2);
    let said = '';
    const code = await validateMain(
      { files: ['-'], recursive: false, json: false, strict: true },
      {
        stdin: async () => files.join('---\n'),
        stdout: (text) => {
          said += text;
        },
        stderr: () => {},
        colour: false,
      },
    );
    expect(said).toContain('no problems');
    expect(code).toBe(0);
  });

  test('uses commands and options of skald that exist', async () => {
    const used = commands('skald');
    expect(used.length).toBeGreaterThan(6);
    const names = [...new Set(used.map((one) => one.split(' ')[0] ?? ''))];
    const run = promisify(execFile);
    const help = new Map(
      await Promise.all(
        names.map(
          async (name) =>
            [name, (await run(process.execPath, ['cli/skald.ts', name, '--help'])).stdout] as const,
        ),
      ),
    );
    for (const one of used) {
      const [name = '', ...words] = one.split(' ');
      for (const option of words.filter((word) => word.startsWith('-'))) {
        expect(help.get(name), `skald ${one}`).toContain(option);
      }
    }
  });

  test('sets values that the chart has', async () => {
    const values: unknown = parse(await readFile('helm/skald/values.yaml', 'utf8'));
    const set = commands('helm').flatMap((one) =>
      [...one.matchAll(/--set ([\w.]+)=/g)].map(([, path = '']) => path),
    );
    expect(set.length).toBeGreaterThan(2);
    for (const path of set) expect(at(values, path), path).toBeDefined();
  });

  test('types slash commands that exist, for a campaign that it has made', () => {
    const typed = steps.flatMap((step) =>
      step.kind === 'discord' && step.text.startsWith('/') ? [step.text] : [],
    );
    expect(typed).toEqual(['/session start campaign:village', '/session stop']);
    const session = commandBodies().find(({ name }) => name === 'session');
    expect(session?.options?.map(({ name }) => name)).toEqual(expect.arrayContaining(['start', 'stop']));
  });
});

test('a block that nobody would run is refused', () => {
  expect(() => stepsOf('a\n```python\nprint()\n```\n')).toThrow('line 2: a block "python "');
});

function at(values: unknown, path: string): unknown {
  let value = values;
  for (const key of path.split('.')) {
    const fields: Readonly<Record<string, unknown>> =
      typeof value === 'object' && value !== null ? { ...value } : {};
    value = fields[key];
  }
  return value;
}
