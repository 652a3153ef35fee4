// Job and Pods as the decisions see them: a few plain facts, read once from the large objects.
import { annotations, finalizers } from '../../src/api/index.ts';
import type { Job, Live, Pod } from '../../src/kube/index.ts';

export const WORKER_CONTAINER = 'worker';

export interface JobView {
  readonly name: string;
  readonly uid: string;
  readonly deleting: boolean;
  /** Of a Job that was made as a warm worker: when its certificate ends. */
  readonly certificateExpiry?: Date;
  /** Set when the Job makes no more pods. */
  readonly finished?: {
    readonly failed: boolean;
    readonly reason: string;
    readonly message: string;
    readonly at: Date;
  };
}

export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly node?: string;
  readonly deleting: boolean;
  /** Still carries `skald.dev/result`. */
  readonly held: boolean;
  /** `pending`: the worker container never ran; `ended`: it will not run again. */
  readonly state: 'pending' | 'running' | 'ended';
  /** While pending: what it waits for, when that is a fault. */
  readonly fault?: {
    readonly reason: 'Unschedulable' | 'ImageUnavailable' | 'ContainerFailed';
    readonly message: string;
  };
  /** Once ended and known. */
  readonly exit?: { readonly code: number; readonly message: string; readonly reason: string };
}

export function viewJob(job: Live<Job>): JobView {
  const condition = job.status?.conditions?.find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  const expiry = job.metadata.annotations?.[annotations.certificateExpiry];
  return {
    name: job.metadata.name,
    uid: job.metadata.uid,
    deleting: job.metadata.deletionTimestamp !== undefined,
    ...(expiry === undefined ? {} : { certificateExpiry: new Date(expiry) }),
    ...(condition === undefined
      ? {}
      : {
          finished: {
            failed: condition.type === 'Failed',
            reason: condition.reason ?? condition.type,
            message: condition.message ?? '',
            at: new Date(condition.lastTransitionTime ?? 0),
          },
        }),
  };
}

export function viewPod(pod: Live<Pod>): PodView {
  const worker = pod.status?.containerStatuses?.find(({ name }) => name === WORKER_CONTAINER);
  const terminated = worker?.state?.terminated;
  const phase = pod.status?.phase;
  const ended = phase === 'Succeeded' || phase === 'Failed' || !!terminated || isGone(pod);
  const running = worker?.state?.running !== undefined && worker.state.running !== null;
  const fault = ended || running ? undefined : faultOf(pod);
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    ...(pod.spec?.nodeName ? { node: pod.spec.nodeName } : {}),
    deleting: pod.metadata.deletionTimestamp !== undefined,
    held: pod.metadata.finalizers?.includes(finalizers.result) ?? false,
    state: ended ? 'ended' : running ? 'running' : 'pending',
    ...(fault === undefined ? {} : { fault }),
    ...(terminated
      ? {
          exit: {
            code: terminated.exitCode,
            message: terminated.message ?? '',
            reason: terminated.reason ?? '',
          },
        }
      : {}),
  };
}

/** Oldest first, so that the last one is the one that serves. */
export function viewPods(pods: readonly Live<Pod>[]): PodView[] {
  return pods
    .toSorted((a, b) => {
      const [one, other] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
      return one === other ? (a.metadata.name < b.metadata.name ? -1 : 1) : one < other ? -1 : 1;
    })
    .map(viewPod);
}

/**
 * True for a pod that only our finalizer keeps: deleted before it had a node, or deleted by force. No kubelet will
 * ever report an end of it.
 */
function isGone(pod: Live<Pod>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  return deletionTimestamp !== undefined && (!pod.spec?.nodeName || deletionGracePeriodSeconds === 0);
}

const IMAGE_REASONS = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const CONTAINER_REASONS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

function faultOf(pod: Live<Pod>): PodView['fault'] {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return { reason: 'Unschedulable', message: scheduled.message ?? 'No node fits.' };
  }
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name, state } of containers) {
    const reason = state?.waiting?.reason ?? '';
    const message = `Container ${name}: ${reason}${state?.waiting?.message ? `: ${state.waiting.message}` : ''}`;
    if (IMAGE_REASONS.has(reason)) return { reason: 'ImageUnavailable', message };
    if (CONTAINER_REASONS.has(reason)) return { reason: 'ContainerFailed', message };
  }
  return undefined;
}

/**
 * What the operator keeps in memory of a worker's pod, a tenth of it: metadata, the node, and how its containers fare.
 * Metadata alone would not do. The exit code and the worker's last words are in the status, and a watch of metadata says
 * only that something has changed: each change would cost a GET, between the end of a worker and what follows from it.
 */
export function slimPod(pod: Live<Pod>): Live<Pod> {
  const { apiVersion, kind, metadata, spec, status } = pod;
  const { managedFields: _, annotations: __, ...kept } = metadata;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: kept,
    spec: { containers: [], ...(spec?.nodeName === undefined ? {} : { nodeName: spec.nodeName }) },
    status: {
      ...(status?.phase === undefined ? {} : { phase: status.phase }),
      ...(status?.conditions === undefined ? {} : { conditions: status.conditions }),
      ...(status?.containerStatuses === undefined ? {} : { containerStatuses: status.containerStatuses }),
      ...(status?.initContainerStatuses === undefined
        ? {}
        : { initContainerStatuses: status.initContainerStatuses }),
    },
  };
}
