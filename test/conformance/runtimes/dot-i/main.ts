/**
 * @dot-i/k8s-operator as a runtime under test, used as its README shows: a subclass of Operator that watches in
 * `init`. It has no settings and no cache. Its event handler gets states, so that each event counts as a reconcile
 * of its key at that version.
 */
import { type ObservedObject, ready, reconciled, serve, settings } from '../child.ts';
import { requireOfPeer } from '../peer.ts';

interface ResourceEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  meta: { name: string; namespace?: string };
  object: ObservedObject;
}

interface DotI {
  default: abstract new (
    logger?: Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>,
  ) => {
    start(): Promise<void>;
    watchResource(
      group: string,
      version: string,
      plural: string,
      onEvent: (event: ResourceEvent) => Promise<void>,
      namespace?: string,
    ): Promise<void>;
  };
}

const { default: Operator }: DotI = requireOfPeer('dot-i')('@dot-i/k8s-operator');
const { namespace } = settings();

class ConfigMapOperator extends Operator {
  async init(): Promise<void> {
    await this.watchResource('', 'v1', 'configmaps', (event) => this.#reconcile(event), namespace);
  }

  async #reconcile({ type, meta, object }: ResourceEvent): Promise<void> {
    reconciled(`${meta.namespace}/${meta.name}`, type === 'DELETED' ? undefined : object);
  }
}

const log = (message: string): void => console.error(message);
serve({ cache: () => null });
await new ConfigMapOperator({ debug: () => {}, info: () => {}, warn: log, error: log }).start();
ready();
