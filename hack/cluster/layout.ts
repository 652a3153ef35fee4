import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDir } from '../cache.ts';

/** Addresses and names of the local cluster. One exists at a time on a machine, because of the bridge. */
export const network = {
  bridge: 'cni0',
  /** The bridge's name until it carries our mark. */
  newBridge: 'skald-new',
  /** The node: API server and kubelet listen here. */
  nodeAddress: '10.244.0.1',
  /**
   * Where pods reach what else runs on this machine: another address than the node's, so that a NetworkPolicy can tell
   * a database from the API server.
   */
  hostAddress: '10.244.1.1',
  podCidr: '10.244.0.0/24',
  serviceCidr: '10.96.0.0/16',
  apiServiceAddress: '10.96.0.1',
  dnsAddress: '10.96.0.10',
  clusterDomain: 'cluster.local',
  /** nftables table (family inet) of those tests that enforce NetworkPolicies; `down` removes it, too. */
  policyTable: 'skald-netpol-test',
} as const;

export const nodeName = 'skald-node';
/** A second node, for who has to see something move: {@link secondNode}. */
export const secondNodeName = 'skald-node-2';
export const contextName = 'skald-local';
/** Present, with the cluster's folder as value, in the environment of every program of the cluster. */
export const markerVariable = 'SKALD_LOCAL_CLUSTER';

/** Where everything of the local cluster lies. */
export interface Layout {
  folder: string;
  /** Outlives `down` and a failed `up`; emptied by the next `up`. */
  logs: string;
  lock: string;
  state: string;
  kubeconfig: string;
  pids: string;
  keys: string;
  etcd: string;
  kubelet: string;
  podLogs: string;
  cniConfig: string;
  ipam: string;
  containerdRoot: string;
  containerdState: string;
  containerdSocket: string;
  /** What `loadImages` has imported, by hash of the archive. */
  imported: string;
  // What lies outside of the folder bears its hash, so that `down` never takes another cache folder's cluster for ours.
  /** The folder below each cgroup hierarchy that holds all pods. */
  cgroup: string;
  /** Our own nftables table (family ip), for masquerading. */
  table: string;
  /** Name of the CNI network; file names in /var/lib/cni/results begin with it. */
  podNetwork: string;
}

export function layout(cache: string = cacheDir()): Layout {
  const folder = join(cache, 'cluster');
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return {
    folder,
    logs: join(cache, 'cluster-logs'),
    lock: join(cache, 'cluster.lock'),
    state: join(folder, 'state.json'),
    kubeconfig: join(folder, 'kubeconfig'),
    pids: join(folder, 'pids'),
    keys: join(folder, 'keys'),
    etcd: join(folder, 'etcd'),
    kubelet: join(folder, 'kubelet'),
    podLogs: join(folder, 'pod-logs'),
    cniConfig: join(folder, 'cni'),
    ipam: join(folder, 'ipam'),
    containerdRoot: join(folder, 'containerd'),
    containerdState: join(folder, 'containerd-state'),
    containerdSocket: join(folder, 'containerd.sock'),
    imported: join(folder, 'imported.json'),
    cgroup: `skald-cluster-${id}`,
    table: `skald-cluster-${id}`,
    podNetwork: `skald-pods-${id}`,
  };
}

/**
 * The second node's own places within the same cluster. Both nodes' pods are on one bridge and get their addresses
 * from one range, so that they need no routes to each other.
 */
export function secondNode(paths: Layout): Layout {
  const folder = join(paths.folder, 'node-2');
  return {
    ...paths,
    kubelet: join(folder, 'kubelet'),
    podLogs: join(folder, 'pod-logs'),
    containerdRoot: join(folder, 'containerd'),
    containerdState: join(folder, 'containerd-state'),
    containerdSocket: join(folder, 'containerd.sock'),
    imported: join(folder, 'imported.json'),
    cgroup: join(paths.cgroup, 'node-2'),
  };
}
