import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** Settings of the host that the cluster needs, and those that a kubelet sets by itself. */
const wanted: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  // Lets the translation of Service addresses also see traffic between two pods of the bridge.
  'net.bridge.bridge-nf-call-iptables': '1',
};
const changedByKubelet = [
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'kernel.panic',
  'kernel.panic_on_oops',
  'kernel.keys.root_maxkeys',
  'kernel.keys.root_maxbytes',
];

const path = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;
const record = (paths: Layout): string => join(paths.folder, 'sysctls.json');

/** Remembers the present values in the cluster's folder, then sets what the cluster needs. */
export async function setSysctls(paths: Layout): Promise<void> {
  const before: Record<string, string> = {};
  for (const name of [...Object.keys(wanted), ...changedByKubelet]) {
    const value = await readFile(path(name), 'utf8').catch(() => undefined);
    if (value !== undefined) before[name] = value.trim();
  }
  await writeFile(record(paths), JSON.stringify(before));
  for (const [name, value] of Object.entries(wanted)) {
    if (before[name] !== undefined && before[name] !== value) await writeFile(path(name), value);
  }
}

/** Gives the host back its own values; nothing when no cluster has changed them. */
export async function restoreSysctls(paths: Layout): Promise<void> {
  const text = await readFile(record(paths), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return; // Killed while it was being written: nothing had been changed yet.
  }
  if (typeof values !== 'object' || values === null) return;
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string' || !existsSync(path(name))) continue;
    const now = (await readFile(path(name), 'utf8')).trim();
    if (now !== value) await writeFile(path(name), value);
  }
}
