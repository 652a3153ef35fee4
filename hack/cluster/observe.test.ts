import { describe, expect, test } from 'vitest';
import { layout } from './layout.ts';
import { cniResults, mountsBelow } from './observe.ts';

describe('mountsBelow', () => {
  const mounts = [
    'tmpfs / tmpfs rw 0 0',
    'overlay /cache/cluster/a overlay rw 0 0',
    'tmpfs /cache/cluster/a/b tmpfs rw 0 0',
    'tmpfs /cache/cluster-logs tmpfs rw 0 0',
    'tmpfs /cache/cluster/with\\040space tmpfs rw 0 0',
  ].join('\n');

  test('names what is mounted in the folder, the innermost first, and not its neighbours', () => {
    expect(mountsBelow(mounts, '/cache/cluster')).toEqual([
      '/cache/cluster/with space',
      '/cache/cluster/a/b',
      '/cache/cluster/a',
    ]);
  });
});

test('only the CNI results of our own pods are ours', () => {
  const { podNetwork } = layout('/cache');
  const names = [
    `${podNetwork}-aaa-eth0`,
    'cni-loopback-aaa-lo',
    'other-network-bbb-eth0',
    'cni-loopback-bbb-lo',
  ];
  expect(cniResults(podNetwork, names)).toEqual([`${podNetwork}-aaa-eth0`, 'cni-loopback-aaa-lo']);
});
