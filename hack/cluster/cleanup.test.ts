import { describe, expect, test } from 'vitest';
import { describe as describeObserved, planCleanup } from './cleanup.ts';
import type { Observed } from './observe.ts';

const nothing: Observed = { processes: [], mounts: [], links: [], tables: [], cgroups: [], files: [] };
const kubelet = { identity: { pid: 7, startTime: '1', bootId: 'b' }, name: 'kubelet' };
const everything: Observed = {
  processes: [kubelet],
  mounts: ['/c/kubelet/pods/x', '/c/kubelet'],
  links: ['cni0'],
  tables: ['ip kube-proxy', 'ip skald-cluster'],
  cgroups: ['/sys/fs/cgroup/cpu/skald-cluster'],
  files: ['/run/containerd/s/abc'],
};

describe('the clean-up of a local cluster', () => {
  test('does nothing where there is nothing', () => {
    expect(planCleanup(nothing)).toEqual([]);
    expect(describeObserved(nothing)).toEqual([]);
  });

  test('ends the programs before it takes from them what they would make anew', () => {
    expect(planCleanup(everything).map((step) => step.kind)).toEqual([
      'kill',
      'unmount',
      'delete-links',
      'delete-tables',
      'remove-cgroups',
      'remove-files',
    ]);
  });

  test.each(Object.keys(nothing) as (keyof Observed)[])('handles a remainder of only %s', (key) => {
    const observed = { ...nothing, [key]: everything[key] };
    expect(planCleanup(observed)).toHaveLength(1);
    expect(describeObserved(observed)).toHaveLength(everything[key].length);
  });

  test('deletes our own table last, because it marks the others as ours', () => {
    const step = planCleanup(everything).find(({ kind }) => kind === 'delete-tables');
    expect(step).toMatchObject({ tables: ['ip kube-proxy', 'ip skald-cluster'] });
  });
});
