import { expect, test } from 'vitest';
import { unprivilegedUser } from './user.ts';

const passwd =
  'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n';

test('PostgreSQL runs as ourselves when we are not root', async () => {
  expect(await unprivilegedUser(1000, async () => passwd)).toBeUndefined();
});

test('PostgreSQL runs as nobody when we are root', async () => {
  expect(await unprivilegedUser(0, async () => passwd)).toEqual({ uid: 65534, gid: 65533 });
});

test('root without a user nobody gets an explanation', async () => {
  await expect(unprivilegedUser(0, async () => 'root:x:0:0::/root:/bin/sh\n')).rejects.toThrow('nobody');
});
