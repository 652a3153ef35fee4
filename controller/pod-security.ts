// What every pod that the operator makes has in common, a worker's and a gateway's of a tenant's own.
import type { Pod } from '../src/kube/index.ts';
import type { LiveTenant } from './resources.ts';
import type { WorkerSettings } from './settings.ts';

type PodSpec = NonNullable<Pod['spec']>;

/** Restricted Pod Security: what every container runs with. */
export const RESTRICTED: NonNullable<PodSpec['containers'][number]['securityContext']> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The pod's own part of restricted Pod Security, where it may run, and how its image is pulled. */
export function podBasis(
  { spec }: Pick<LiveTenant, 'spec'>,
  { imagePullSecrets, priorityClassName }: WorkerSettings,
): Omit<PodSpec, 'containers'> {
  const { nodeSelector, tolerations } = spec.worker;
  return {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations === undefined
      ? {}
      : { tolerations: tolerations.map((toleration) => ({ ...toleration })) }),
  };
}
