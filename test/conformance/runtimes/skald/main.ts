/** src/kube as a runtime under test: a manager with one controller for the ConfigMaps of a namespace. */
import {
  Client,
  type Clock,
  configMaps,
  formatKey,
  loadConfig,
  Manager,
  systemClock,
} from '../../../../src/kube/index.ts';
import { ready, reconciled, serve, settings } from '../child.ts';

const { namespace, silenceLimitMs, leaderElection } = settings();
let wallOffsetMs = 0;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + wallOffsetMs };
const client = new Client({
  config: await loadConfig(),
  clock,
  ...(silenceLimitMs === undefined ? {} : { requestTimeoutMs: silenceLimitMs }),
});
const manager = new Manager({
  client,
  clock,
  ...(leaderElection ? { leaderElection: { namespace, name: 'conformance' } } : {}),
  ...(silenceLimitMs === undefined ? {} : { timing: { idleLimitMs: silenceLimitMs } }),
});
const cache = manager.informers.get(configMaps, { namespace });
manager
  .controller({
    name: 'conformance',
    workers: 2,
    reconcile: async (key) => reconciled(formatKey(key), cache.get(key)),
  })
  .for(configMaps, { namespace });
serve({
  cache: () => cache.list(),
  clockJump: (jumpMs) => {
    wallOffsetMs += jumpMs;
  },
});
void cache.whenSynced().then(ready);
await manager.run(new AbortController().signal);
