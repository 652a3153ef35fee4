// The contenders of `npm run bench -- controller`: how each is made ready, and how it is started. See README.md.
import { fileURLToPath } from 'node:url';
import { ensureTools } from '../../hack/tools/index.ts';
import { bundled, operatorNodeFlags } from './bundled.ts';
import { installPeer } from './install.ts';

export interface Command {
  readonly command: string;
  /** What comes before `--kubeconfig F --namespace NS --workers N`. */
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Contender {
  readonly about: string;
  /** Installs or builds what it runs on, once; then it is quick. */
  prepare(onProgress: (message: string) => void, signal?: AbortSignal): Promise<Command>;
  /** It neither lists nor watches: it is told the objects, see limit/objects.ts. */
  readonly needsObjects?: true;
  /** Options for a server that understands JSON only, such as the bench's stub. */
  readonly jsonOnly?: readonly string[];
  /** `--metrics-port N` serves Prometheus metrics at http://127.0.0.1:N/metrics. */
  readonly servesMetrics?: true;
}

export type ContenderName =
  | 'skald'
  | 'skald-apply'
  | 'controller-runtime'
  | 'dot-i'
  | 'kubernetes-fluent-client'
  | 'limit';

export const contenders: Readonly<Record<ContenderName, Contender>> = {
  skald: {
    about: 'src/kube, as the operator uses it',
    servesMetrics: true,
    prepare: () => asTheProduct('skald/main.ts'),
  },
  'skald-apply': {
    about: 'the same, with the status written by server-side apply',
    servesMetrics: true,
    prepare: () => asTheProduct('skald/main.ts', ['--status', 'apply']),
  },
  'controller-runtime': {
    about: 'the reference in Go, tuned',
    servesMetrics: true,
    jsonOnly: ['--content-type', 'application/json'],
    prepare: async (onProgress, signal) => {
      const tools = await ensureTools(['bench-controller-runtime'], onProgress, signal);
      return { command: tools['bench-controller-runtime'], args: [] };
    },
  },
  'dot-i': {
    about: '@dot-i/k8s-operator',
    prepare: async (onProgress, signal) => {
      await installPeer('dot-i', onProgress, signal);
      return node('dot-i/main.mjs');
    },
  },
  'kubernetes-fluent-client': {
    about: 'the client and watcher of Pepr',
    prepare: async (onProgress, signal) => {
      await installPeer('kubernetes-fluent-client', onProgress, signal);
      return node('kubernetes-fluent-client/main.mjs');
    },
  },
  limit: {
    about: 'the same writes and nothing else',
    needsObjects: true,
    prepare: () => asTheProduct('limit/main.ts'),
  },
};

async function asTheProduct(file: string, args: readonly string[] = []): Promise<Command> {
  return {
    command: process.execPath,
    args: [...(await operatorNodeFlags()), await bundled(file), ...args],
  };
}

function node(file: string): Command {
  return { command: process.execPath, args: [fileURLToPath(new URL(file, import.meta.url))] };
}
