// The addresses of pods before their containers start. A pod's status says it a second late: by then a worker has long
// asked its gateway for a connection. A network plugin is told when it makes the pod's network; so is whoever reads
// what CNI writes down then.
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = '/var/lib/cni/results';

export interface PodAddresses {
  /** UID of the pod to its IPv4 address. */
  readonly byUid: ReadonlyMap<string, string>;
  stop(): void;
}

/** @param podNetwork name of the CNI network: the files of others are left alone */
export async function watchAddresses(podNetwork: string, onChange: () => void): Promise<PodAddresses> {
  const byFile = new Map<string, { readonly uid: string; readonly ip: string }>();
  const byUid = new Map<string, string>();
  const isPod = (name: string): boolean => name.startsWith(`${podNetwork}-`) && name.endsWith('-eth0');
  const look = async (name: string): Promise<void> => {
    const found = parseResult(await readFile(join(FOLDER, name), 'utf8').catch(() => ''));
    const before = byFile.get(name);
    if (found?.uid === before?.uid && found?.ip === before?.ip) return;
    if (before !== undefined && byUid.get(before.uid) === before.ip) byUid.delete(before.uid);
    if (found === undefined) {
      byFile.delete(name);
    } else {
      byFile.set(name, found);
      byUid.set(found.uid, found.ip);
    }
    onChange();
  };
  await mkdir(FOLDER, { recursive: true });
  const watcher: FSWatcher = watch(FOLDER, (_, name) => {
    if (name !== null && isPod(name)) void look(name);
  });
  await Promise.all((await readdir(FOLDER)).filter(isPod).map(look));
  return { byUid, stop: () => watcher.close() };
}

/** Undefined for what is not there or not written to its end. @param text of one file */
export function parseResult(text: string): { readonly uid: string; readonly ip: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { cniArgs = [], result } = value as {
    cniArgs?: readonly (readonly [string, string])[];
    result?: { ips?: readonly { address: string }[] };
  };
  const uid = cniArgs.find(([name]) => name === 'K8S_POD_UID')?.[1];
  const ip = result?.ips?.[0]?.address.split('/')[0];
  return uid === undefined || ip === undefined ? undefined : { uid, ip };
}
