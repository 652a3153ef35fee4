/** What the tests of the controller runtime share: clients to the real API server, with and without the fault proxy. */
import { inject, onTestFinished } from 'vitest';
import {
  Client,
  Informers,
  type KubeConfiguration,
  type KubeObject,
  type Live,
  loadConfig,
  namespaces,
  type Resource,
} from '../../../src/kube/index.ts';
import { FaultProxy } from '../../conformance/proxy/fault-proxy.ts';

export interface Harness {
  configuration: KubeConfiguration;
  /** Straight to the API server. */
  direct: Client;
  /** The client under test goes through this. */
  proxy: FaultProxy;
  client: Client;
  /** A namespace of this test's own. */
  namespace: string;
  atEnd: AtEnd;
}

/** Registers what runs when the test has ended. */
export type AtEnd = (work: () => Promise<void>) => void;

let count = 0;

/**
 * Closed when the test ends.
 *
 * @param kubeconfig of another control plane than the shared one
 * @param atEnd the test's own, for tests that run at the same time as others
 */
export async function harness(
  kubeconfig = inject('kubeconfig'),
  atEnd: AtEnd = onTestFinished,
): Promise<Harness> {
  const configuration = await loadConfig({ kubeconfig });
  const direct = new Client({ config: configuration });
  const proxy = await FaultProxy.start(configuration);
  const client = new Client({ config: proxy.through(configuration) });
  const namespace = `kube-${process.pid}-${Date.now().toString(36)}-${count++}`;
  atEnd(async () => {
    client.close();
    direct.close();
    await proxy.close();
  });
  await direct.create(namespaces, { metadata: { name: namespace } });
  return { configuration, direct, proxy, client, namespace, atEnd };
}

/** Another client through another proxy: another process, as far as the API server can see. */
export async function another({ configuration }: Harness): Promise<{ proxy: FaultProxy; client: Client }> {
  const proxy = await FaultProxy.start(configuration);
  const client = new Client({ config: proxy.through(configuration) });
  onTestFinished(async () => {
    client.close();
    await proxy.close();
  });
  return { proxy, client };
}

/** A cache of the test's namespace, with the story that it told. */
export async function follow<T extends KubeObject>(
  { client, namespace }: Harness,
  resource: Resource<T>,
  timing: { idleLimitMs?: number } = {},
) {
  const informers = new Informers({ client, timing });
  const informer = informers.get(resource, { namespace });
  const story: string[] = [];
  const said = (what: string, { metadata }: Live<T>) =>
    story.push(`${what} ${metadata.name} ${metadata.uid}`);
  informer.addHandler({
    add: (object) => said('add', object),
    update: (_, object) => said('update', object),
    delete: (object) => said('delete', object),
  });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await informers.stopped();
  });
  informers.start(stop.signal);
  await informer.whenSynced(AbortSignal.timeout(20_000));
  return { informer, story };
}

/** Waits until something is so. Fails with what was last seen. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { withinMs = 40_000, seen = (): unknown => undefined } = {},
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) {
      throw new Error(
        `not so within ${withinMs} ms: ${condition.toString()}; seen: ${JSON.stringify(seen())}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startedAt;
}
