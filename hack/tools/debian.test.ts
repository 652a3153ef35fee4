import { expect, test } from 'vitest';
import { missingPackages } from './debian.ts';

test('a package is missing when it was never installed, or removed but not purged', () => {
  const output =
    'containerd installed\nrunc config-files\n nftables installed\ndpkg-query: no packages found matching iproute2\n';
  expect(missingPackages(['containerd', 'runc', 'nftables', 'iproute2'], output)).toEqual([
    'runc',
    'iproute2',
  ]);
});
