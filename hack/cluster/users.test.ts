import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identify } from '../process/identity.ts';
import { layout } from './layout.ts';
import { otherUsers, registerUser } from './users.ts';

test('a cluster is in use by other live processes only: not by ourselves, and not by one that has ended', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'skald-users-test-'));
  try {
    const paths = layout(cache);
    expect(await otherUsers(paths)).toEqual([]);
    await registerUser(paths);
    const users = join(paths.folder, 'users');
    await mkdir(users, { recursive: true });
    const parent = identify(process.ppid);
    await writeFile(join(users, 'live'), JSON.stringify(parent));
    await writeFile(join(users, 'ended'), JSON.stringify({ ...parent, startTime: '1' }));
    expect((await otherUsers(paths)).map(({ pid }) => pid)).toEqual([process.ppid]);
  } finally {
    await rm(cache, { recursive: true });
  }
});
