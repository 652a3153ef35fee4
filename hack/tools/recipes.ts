import { createHash } from 'node:crypto';

const kubernetes = '1.34.4';

export interface Recipe {
  /** The folder of the Go module that pins the program, or is it; relative to hack/tools. */
  module:
    | 'kubernetes'
    | 'helm'
    | 'coredns'
    | 'pause'
    | 'vault'
    | 'cert-manager'
    | '../../bench/peers/controller-runtime'
    | '../../bench/peers/livekit/room';
  /** Import path of the main package. */
  package: string;
  ldflags: string;
  environment: Readonly<Record<string, string>>;
  /** Go build tags. @defaultValue none */
  tags?: readonly string[];
}

// Without gitVersion the API server calls itself v0.0.0 and neither kubectl nor helm can compare versions with it.
const kubernetesFlags = `-s -w -X k8s.io/component-base/version.gitVersion=v${kubernetes}`;

function kubernetesProgram(name: string): Recipe {
  return {
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesFlags,
    environment: {},
  };
}

/** How each program is made. The versions are in the go.mod files, not here. */
export const recipes = {
  'kube-apiserver': kubernetesProgram('kube-apiserver'),
  'kube-controller-manager': kubernetesProgram('kube-controller-manager'),
  'kube-scheduler': kubernetesProgram('kube-scheduler'),
  'kube-proxy': kubernetesProgram('kube-proxy'),
  kubelet: kubernetesProgram('kubelet'),
  kubectl: kubernetesProgram('kubectl'),
  etcd: { module: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', ldflags: '-s -w', environment: {} },
  helm: { module: 'helm', package: 'helm.sh/helm/v3/cmd/helm', ldflags: '-s -w', environment: {} },
  // Static, because it is the only file of its image.
  coredns: {
    module: 'coredns',
    package: 'github.com/coredns/coredns',
    ldflags: '-s -w',
    environment: { CGO_ENABLED: '0' },
  },
  pause: {
    module: 'pause',
    package: 'skald.dev/hack/tools/pause',
    ldflags: '-s -w',
    environment: { CGO_ENABLED: '0' },
  },
  // `minimal` leaves out every secrets engine and auth method but Vault's own ones and AppRole, JWT, KV, PKI, Transit.
  // Nothing of the web interface is in the Go module.
  vault: {
    module: 'vault',
    package: 'github.com/hashicorp/vault',
    ldflags: '-s -w',
    environment: {},
    tags: ['minimal'],
  },
  // The auth method that `minimal` leaves out, as the program that Vault runs for it; of the same module and version.
  'vault-plugin-auth-kubernetes': {
    module: 'vault',
    package: 'github.com/hashicorp/vault-plugin-auth-kubernetes/cmd/vault-plugin-auth-kubernetes',
    ldflags: '-s -w',
    environment: {},
  },
  // The one that signs. Neither the webhook nor the CA injector is needed for the objects that Skald makes.
  'cert-manager-controller': {
    module: 'cert-manager',
    package: 'github.com/cert-manager/cert-manager/cmd/controller',
    ldflags: '-s -w',
    environment: {},
  },
  // The contender of `npm run bench -- controller`. With the environment of the Kubernetes programs, whose compiled
  // client-go it then shares.
  'bench-controller-runtime': {
    module: '../../bench/peers/controller-runtime',
    package: 'skald.dev/bench/peers/controller-runtime',
    ldflags: '-s -w',
    environment: {},
  },
  // Both for `npm run bench -- voice`: where the peer's agent and the person who talks to it meet.
  'livekit-server': {
    module: '../../bench/peers/livekit/room',
    package: 'github.com/livekit/livekit-server/cmd/server',
    ldflags: '-s -w',
    environment: { CGO_ENABLED: '0' },
  },
  'bench-livekit-person': {
    module: '../../bench/peers/livekit/room',
    package: 'skald.dev/bench/peers/livekit/room',
    ldflags: '-s -w',
    environment: { CGO_ENABLED: '0' },
  },
} as const satisfies Record<string, Recipe>;

export type ToolName = keyof typeof recipes;

/** All that `npm test` runs: not those of `npm run bench -- voice`, which nobody else should wait for. */
export const toolNames: readonly ToolName[] = Object.keys(recipes)
  .filter((name): name is ToolName => name in recipes)
  .filter((name) => recipes[name].module !== '../../bench/peers/livekit/room');

export interface KeyInputs {
  recipe: Recipe;
  /** go.mod, go.sum and Go sources of the module, by file name. */
  files: Readonly<Record<string, string>>;
  /** What `go version` prints: compiler version and platform. */
  goVersion: string;
}

/** Names one build of one tool in the cache: whatever changes the binary changes the key. */
export function cacheKey(inputs: KeyInputs): string {
  const { recipe } = inputs;
  return createHash('sha256')
    .update(
      JSON.stringify([
        recipe.package,
        recipe.ldflags,
        ...(recipe.tags ?? []),
        Object.entries(recipe.environment).sort(),
        Object.entries(inputs.files).sort(),
        inputs.goVersion,
      ]),
    )
    .digest('hex')
    .slice(0, 16);
}

export function buildArguments(recipe: Recipe, output: string): string[] {
  const tags = recipe.tags === undefined ? [] : ['-tags', recipe.tags.join(',')];
  return ['build', '-trimpath', ...tags, '-ldflags', recipe.ldflags, '-o', output, recipe.package];
}
