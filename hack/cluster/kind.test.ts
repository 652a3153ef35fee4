import { describe, expect, test } from 'vitest';
import { hasCluster, kindCommands, networkAddresses } from './kind.ts';

describe('kind', () => {
  test('makes, loads and deletes only the cluster "skald", with a kubeconfig of its own', () => {
    expect(kindCommands.create('/k')).toEqual([
      'create',
      'cluster',
      '--name',
      'skald',
      '--kubeconfig',
      '/k',
      '--wait',
      '120s',
    ]);
    expect(kindCommands.load('/a.tar')).toEqual(['load', 'image-archive', '/a.tar', '--name', 'skald']);
    expect(kindCommands.load('/a.tar', 'mine')).toEqual([
      'load',
      'image-archive',
      '/a.tar',
      '--name',
      'mine',
    ]);
    expect(kindCommands.remove('/k')).toEqual(['delete', 'cluster', '--name', 'skald', '--kubeconfig', '/k']);
  });

  test('finds its cluster by the whole name', () => {
    expect(hasCluster('other\nskald\n')).toBe(true);
    expect(hasCluster('skald-2\n')).toBe(false);
    expect(hasCluster('No kind clusters found.\n')).toBe(false);
  });

  test('reaches this machine at the IPv4 gateway of the nodes', () => {
    const ipam =
      '[{"Subnet":"fc00::/64","Gateway":"fc00::1"},{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]\n';
    expect(networkAddresses(ipam)).toEqual({ gateway: '172.18.0.1', subnet: '172.18.0.0/16' });
    expect(() => networkAddresses('[]')).toThrow('gateway');
  });
});
