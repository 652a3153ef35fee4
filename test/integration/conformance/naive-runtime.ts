/**
 * A runtime that does what tutorials do: one watch after another, from now on, without a list and without a delay. The
 * suite has to find it wanting.
 */
import { Client, configMaps, formatKey, isGone, keyOf, loadConfig } from '../../../src/kube/index.ts';
import { ready, reconciled, serve, settings } from '../../conformance/runtimes/child.ts';

const { namespace } = settings();
const client = new Client({ config: await loadConfig() });
const { signal } = new AbortController();
serve({ cache: () => null });
ready();
for (;;) {
  try {
    const options = { namespace, resourceVersion: '0', timeoutSeconds: 300, signal };
    for await (const event of client.watch(configMaps, options)) {
      if (event.type === 'BOOKMARK') continue;
      reconciled(formatKey(keyOf(event.object)), event.type === 'DELETED' ? undefined : event.object);
    }
  } catch (error) {
    // What it does not know ends it.
    if (error instanceof Error && error.message.startsWith('WATCH') && !isGone(error)) throw error;
  }
}
