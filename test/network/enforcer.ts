// Keeps the NetworkPolicies of the local cluster in force, as a network plugin would: watches them, the pods and the
// namespaces, and replaces its one nftables table when what follows from them changes. For tests only.
import { layout, network } from '../../hack/cluster/layout.ts';
import { requireProgram } from '../../hack/process/find-program.ts';
import { run } from '../../hack/process/run.ts';
import {
  Client,
  Informers,
  type Live,
  loadConfig,
  namespaces,
  networkPolicies,
  type Pod,
  pods,
} from '../../src/kube/index.ts';
import { watchAddresses } from './addresses.ts';
import { render } from './ruleset.ts';
import { translate } from './translate.ts';
import type { PodFacts, World } from './world.ts';

/** On a namespace: its policies are not enforced, for a test that shows what they are good for. */
export const UNENFORCED_LABEL = 'skald.test/unenforced';

export interface Enforcer {
  /** Takes the rules away. Throws what kept them from being applied at any time. */
  stop(): Promise<void>;
}

/** @returns once the policies that there are now are in force */
export async function startEnforcer(options: {
  readonly kubeconfig: string;
  readonly context: string;
}): Promise<Enforcer> {
  const nft = requireProgram('nft', 'Install the Debian package nftables.');
  const client = new Client({ config: await loadConfig(options) });
  const informers = new Informers({ client });
  const caches = {
    pods: informers.get(pods),
    namespaces: informers.get(namespaces),
    policies: informers.get(networkPolicies),
  };
  const rules = new Rules((text) => run(nft, ['-f', '-'], { input: text }).then(() => {}));
  const changed = (): void => {
    if (Object.values(caches).every(({ hasSynced }) => hasSynced))
      rules.want(() => render(translate(view(caches, addresses.byUid), NODES)));
  };
  const addresses = await watchAddresses(layout().podNetwork, () => changed());
  const told = { add: changed, update: changed, delete: changed };
  caches.pods.addHandler(told);
  caches.namespaces.addHandler(told);
  caches.policies.addHandler(told);
  const end = new AbortController();
  informers.start(end.signal);
  await informers.whenSynced(end.signal);
  changed();
  await rules.settled();
  return {
    async stop() {
      end.abort();
      addresses.stop();
      await rules.settled().finally(() => {
        client.close();
        return run(nft, ['delete', 'table', 'inet', network.policyTable]);
      });
    },
  };
}

/** What the machine itself sends, such as the kubelet with its probes, has one of these. */
const NODES = [network.nodeAddress, network.hostAddress];

interface Caches {
  readonly pods: { list(): readonly Live<Pod>[] };
  readonly namespaces: { list(): readonly Live[] };
  readonly policies: { list(): readonly (Live & { spec?: World['policies'][number]['spec'] })[] };
}

/** What the caches hold, as the translation wants it. @param early addresses by UID, before a pod's status has them */
export function view(
  { pods: all, namespaces: places, policies }: Caches,
  early: ReadonlyMap<string, string> = new Map(),
): World {
  const labelsOf = Object.fromEntries(
    places.list().map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
  return {
    namespaces: labelsOf,
    pods: all.list().flatMap((pod) => factsOf(pod, early.get(pod.metadata.uid) ?? pod.status?.podIP)),
    policies: policies
      .list()
      .flatMap(({ metadata: { namespace = '' }, spec }) =>
        spec === undefined || labelsOf[namespace]?.[UNENFORCED_LABEL] === 'true' ? [] : [{ namespace, spec }],
      ),
  };
}

/** A pod has an address of its own until it has ended; then another one may get it. */
function factsOf({ metadata, spec, status }: Live<Pod>, ip: string | undefined): PodFacts[] {
  if (ip === undefined || spec?.hostNetwork || status?.phase === 'Succeeded' || status?.phase === 'Failed')
    return [];
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return [
    {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      labels: metadata.labels ?? {},
      ip,
      ports: containers
        .flatMap(({ ports = [] }) => ports)
        .flatMap(({ name, protocol = 'TCP', containerPort: port }) =>
          name !== undefined && (protocol === 'TCP' || protocol === 'UDP') ? [{ name, protocol, port }] : [],
        ),
    },
  ];
}

/** Applies the newest text, one at a time; the same text is not applied twice. */
class Rules {
  readonly #apply: (text: string) => Promise<void>;
  #wanted: (() => string) | undefined;
  #applied = '';
  #work: Promise<void> | undefined;
  #failure: unknown;

  constructor(apply: (text: string) => Promise<void>) {
    this.#apply = apply;
  }

  want(text: () => string): void {
    this.#wanted = text;
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
  }

  /** @throws what the last application that failed threw */
  async settled(): Promise<void> {
    await this.#work;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    // Everything that one list brings is one change.
    await new Promise((resolve) => setImmediate(resolve));
    for (let wanted = this.#take(); wanted !== undefined; wanted = this.#take()) {
      const text = wanted();
      if (text === this.#applied) continue;
      try {
        await this.#apply(text);
        this.#applied = text;
      } catch (error) {
        this.#failure ??= error;
      }
    }
  }

  #take(): (() => string) | undefined {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }
}
