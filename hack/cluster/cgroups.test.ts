import { describe, expect, test } from 'vitest';
import { missingControllers, ownRoots, parseCgroupMounts } from './cgroups.ts';
import { layout } from './layout.ts';

const v1 = [
  'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
  'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
  'cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0',
  'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
].join('\n');
const { cgroup } = layout('/cache');

describe('control groups', () => {
  test('version 1: each controller has its hierarchy, shared ones are one root', () => {
    const mounts = parseCgroupMounts(v1);
    expect(mounts?.version).toBe(1);
    expect(mounts && ownRoots(layout('/cache'), mounts)).toEqual([
      `/sys/fs/cgroup/cpu,cpuacct/${cgroup}`,
      `/sys/fs/cgroup/memory/${cgroup}`,
      `/sys/fs/cgroup/unified/${cgroup}`,
    ]);
    expect(mounts && missingControllers(mounts, '')).toEqual(['pids']);
  });

  test('version 2: one hierarchy, whose controllers are in a file', () => {
    const mounts = parseCgroupMounts('cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n');
    expect(mounts).toEqual({ version: 2, hierarchies: { '': '/sys/fs/cgroup' } });
    expect(mounts && missingControllers(mounts, 'cpuset cpu io memory pids\n')).toEqual([]);
    expect(mounts && missingControllers(mounts, 'cpu pids')).toEqual(['memory']);
  });

  test('none mounted', () => {
    expect(parseCgroupMounts('proc /proc proc rw 0 0\n')).toBeUndefined();
  });
});
