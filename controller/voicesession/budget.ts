// The PodDisruptionBudget of a live session: nobody's drain or upgrade ends an evening in the middle of a sentence.
import type { PodDisruptionBudget } from '../../src/kube/index.ts';
import { sessionOwner } from '../owners.ts';
import type { LiveSession } from '../resources.ts';
import { type WorkerJobRequest, workerLabels } from './job.ts';

/** The Job controller's own label: it is on the pods of this Job and on no others. */
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** Named as the Job. A pod that is not Ready may always be evicted: it serves nobody. */
export function workerBudget(
  session: LiveSession,
  tenant: WorkerJobRequest['tenant'],
  jobName: string,
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: jobName,
      namespace: session.metadata.namespace,
      labels: workerLabels({ session, tenant }),
      ownerReferences: [sessionOwner(session)],
    },
    spec: {
      minAvailable: 1,
      selector: { matchLabels: { [JOB_NAME_LABEL]: jobName } },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}
