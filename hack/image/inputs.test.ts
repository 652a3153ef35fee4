import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashInputs } from './inputs.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'skald-inputs-'));
  await mkdir(join(root, 'src/deep'), { recursive: true });
  await writeFile(join(root, 'Dockerfile'), 'FROM scratch');
  await writeFile(join(root, 'src/deep/a.ts'), 'a');
  await writeFile(join(root, 'src/b.ts'), 'b');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

const hash = (extra: string[] = []) => hashInputs(root, ['Dockerfile', 'src'], extra);

describe('hashInputs', () => {
  it('is 12 hexadecimal digits and the same for the same tree', async () => {
    expect(await hash()).toMatch(/^[0-9a-f]{12}$/);
    expect(await hash()).toBe(await hash());
  });

  it.each([
    ['a file deep down is changed', () => writeFile(join(root, 'src/deep/a.ts'), 'A')],
    ['a file is added', () => writeFile(join(root, 'src/c.ts'), '')],
    ['a file is removed', () => rm(join(root, 'src/b.ts'))],
    [
      'text moves from one file to the next',
      async () => {
        await writeFile(join(root, 'src/b.ts'), '');
        await writeFile(join(root, 'src/deep/a.ts'), 'ba');
      },
    ],
  ])('changes when %s', async (_, change) => {
    const before = await hash();
    await change();
    expect(await hash()).not.toBe(before);
  });

  it('does not change with tests, nor with files outside', async () => {
    const before = await hash();
    await writeFile(join(root, 'src/b.test.ts'), 'test');
    await writeFile(join(root, 'README.md'), 'text');
    expect(await hash()).toBe(before);
  });

  it('changes with what else decides', async () => {
    expect(await hash(['buildah'])).not.toBe(await hash(['docker']));
  });

  it('fails for an input that is not there, instead of leaving it out', async () => {
    await expect(hashInputs(root, ['missing'], [])).rejects.toThrow(/missing/);
  });
});
