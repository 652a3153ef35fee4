/**
 * kubernetes-fluent-client as a runtime under test: its Watcher, with the errors that it emits logged. A broken watch is
 * looked after every second instead of every five, its default, since a runtime has five seconds here. Its cache is
 * private. Its callback gets states, so that each call counts as a reconcile of its key at that version.
 */
import type { EventEmitter } from 'node:events';
import { type ObservedObject, ready, reconciled, serve, settings } from '../child.ts';
import { requireOfPeer } from '../peer.ts';

interface Watcher {
  start(): Promise<AbortController>;
  events: EventEmitter;
}

interface WatchSettings {
  resyncDelaySec?: number;
  relistIntervalSec?: number;
  lastSeenLimitSeconds?: number;
}

interface FluentClient {
  kind: { ConfigMap: unknown };
  K8s(model: unknown): {
    InNamespace(namespace: string): {
      Watch(
        callback: (object: ObservedObject, phase: 'ADDED' | 'MODIFIED' | 'DELETED') => void,
        settings?: WatchSettings,
      ): Watcher;
    };
  };
  WatchEvent: {
    GIVE_UP: string;
    NETWORK_ERROR: string;
    DATA_ERROR: string;
    LIST_ERROR: string;
    WATCH_ERROR: string;
  };
}

const { K8s, kind, WatchEvent }: FluentClient =
  requireOfPeer('kubernetes-fluent-client')('kubernetes-fluent-client');
const { namespace, silenceLimitMs } = settings();
const watcher = K8s(kind.ConfigMap)
  .InNamespace(namespace)
  .Watch(
    (object, phase) => {
      const { metadata } = object;
      reconciled(`${metadata?.namespace}/${metadata?.name}`, phase === 'DELETED' ? undefined : object);
    },
    {
      resyncDelaySec: 1,
      ...(silenceLimitMs === undefined ? {} : { lastSeenLimitSeconds: silenceLimitMs / 1_000 }),
    },
  );
for (const name of [WatchEvent.GIVE_UP, WatchEvent.NETWORK_ERROR, WatchEvent.DATA_ERROR]) {
  watcher.events.on(name, (error) => console.error(name, error));
}
for (const name of [WatchEvent.LIST_ERROR, WatchEvent.WATCH_ERROR]) {
  watcher.events.on(name, (error) => console.error(name, error));
}
serve({ cache: () => null });
await watcher.start();
ready();
