/** The objects that every contender reconciles: see crd.yaml. */
import { defineResource, type KubeObject } from '../../src/kube/index.ts';

export interface Session extends KubeObject {
  spec: { guildId: string; campaign: string; revision: number; note: string };
  status?: { phase?: string; observedRevision?: number; jobName?: string };
}

export const sessions = defineResource<Session>({
  group: 'bench.skald.dev',
  version: 'v1',
  plural: 'sessions',
  kind: 'Session',
  namespaced: true,
});

/** A session that differs from others only in its name and guild. */
export function sessionOf(namespace: string, name: string, number: number): Session {
  return {
    metadata: { name, namespace, labels: { 'bench.skald.dev/part': 'subject' } },
    spec: {
      guildId: String(100_000_000_000_000_000n + BigInt(number)),
      campaign: 'the-sunken-crown',
      revision: 1,
      note: 'The party has come to the gate of the sunken city at dusk. '.repeat(4),
    },
  };
}

/** Names sort as the sessions were made. */
export function nameOf(part: string, number: number): string {
  return `${part}-${String(number).padStart(6, '0')}`;
}
