/** How far we go to get a cluster: the one we are told, kind in Docker, or one of our own on this machine. */
export type ClusterKind = 'local' | 'kind' | 'context';

export interface Cluster {
  kind: ClusterKind;
  /** Path of a kubeconfig. */
  kubeconfig: string;
  /** The context in it. */
  context: string;
  /** The address at which pods reach this machine; servers for them listen here. */
  hostAddress: string;
  /** The network that pods' connections to `hostAddress` come from, as this machine sees it. */
  podCidr: string;
  /** Puts images into the nodes from archives (docker-archive or oci-archive). What is there already is skipped. */
  loadImages(archives: readonly string[]): Promise<void>;
  /**
   * The name of another node than the one that everything is on, made when there is none. It has the images that are
   * loaded by now. Undefined where we make no nodes: in a cluster that we were told to use, and in kind.
   */
  joinNode?(): Promise<string>;
  /** Removes the cluster if it is our own; a cluster that we were told to use stays. */
  down(): Promise<void>;
}

export interface UpOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string) => void) | undefined;
  /** Use this context of the current kubeconfig and make nothing. */
  context?: string | undefined;
  /** The kinds of cluster that may be made, in order of preference. @defaultValue ['kind', 'local'] */
  kinds?: readonly ('kind' | 'local')[] | undefined;
  /**
   * Resolvers to which the local cluster's DNS forwards names outside of it. None by default: such names then do
   * not exist, at once.
   */
  dns?: readonly string[] | undefined;
}

export interface ClusterStatus {
  kind: ClusterKind;
  /** `absent`: nothing is there. `broken`: something is, but it does not work; `up` or `down` mends that. */
  state: 'up' | 'broken' | 'absent';
  /** What it is up to, or what is wrong, one line each. */
  details: string[];
}
