import { describe, expect, test } from 'vitest';
import { programArguments } from './arguments.ts';
import { masqueradeRules } from './bridge.ts';
import { corefile } from './coredns.ts';
import { layout, secondNode } from './layout.ts';
import { cniConfig, containerdConfig, kubeletConfig } from './node-config.ts';

const paths = layout('/cache');

describe('the local node', () => {
  test('keeps every file of containerd and the kubelet in the cluster folder', () => {
    const text = containerdConfig(paths, {
      pauseImage: 'local/pause:1',
      snapshotter: 'overlayfs',
      cniPrograms: '/usr/lib/cni',
    });
    for (const [, path] of text.matchAll(/^\s*(?:root|state|address|path|conf_dir|Root) = "(.*)"$/gm)) {
      expect(path).toMatch(/^\/cache\/cluster\//);
    }
    const { podLogsDir, volumePluginDir, resolvConf } = kubeletConfig(paths, '/skald-cluster') as Record<
      string,
      string
    >;
    for (const path of [podLogsDir, volumePluginDir, resolvConf]) expect(path).toMatch(/^\/cache\/cluster\//);
    expect(cniConfig(paths)).toContain('"dataDir":"/cache/cluster/ipam"');
  });

  test('changes no iptables chain: masquerading is a table of our own, and the kubelet and CNI make none', () => {
    expect(kubeletConfig(paths, '/')).toMatchObject({ makeIPTablesUtilChains: false });
    expect(cniConfig(paths)).not.toContain('ipMasq');
    expect(masqueradeRules(paths)).toMatch(/^table ip skald-cluster/);
  });

  test('refuses anonymous callers of the kubelet and strangers to etcd', () => {
    expect(kubeletConfig(paths, '/')).toMatchObject({
      authentication: { anonymous: { enabled: false } },
      authorization: { mode: 'Webhook' },
    });
    expect(programArguments(paths, { etcd: 1, etcdPeer: 2, api: 3 }).etcd).toContain(
      '--client-cert-auth=true',
    );
  });
});

describe('the cluster DNS', () => {
  test('answers at once that a name outside of the cluster does not exist', () => {
    expect(corefile([])).toContain('rcode NXDOMAIN');
    expect(corefile([])).not.toContain('forward');
  });

  test('forwards outside names when it is given resolvers', () => {
    expect(corefile(['192.0.2.53'])).toContain('forward . 192.0.2.53');
    expect(corefile(['192.0.2.53'])).not.toContain('NXDOMAIN');
  });
});

describe('the second node', () => {
  const second = secondNode(paths);

  test('has nothing of the first but the network, and all of it in the cluster folder', () => {
    const own = ['kubelet', 'podLogs', 'containerdRoot', 'containerdState', 'containerdSocket'] as const;
    for (const place of own) {
      expect(second[place]).not.toBe(paths[place]);
      expect(second[place]).toMatch(/^\/cache\/cluster\//);
    }
    expect(cniConfig(second)).toBe(cniConfig(paths));
    expect(second.cgroup).toBe(`${paths.cgroup}/node-2`);
  });
});
