import type { Pod } from '../../src/kube/index.ts';

/** Restricted Pod Security: what every container of a worker's pod runs with. */
export const RESTRICTED: NonNullable<NonNullable<Pod['spec']>['containers'][number]['securityContext']> = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
