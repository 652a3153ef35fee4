// A node as the decisions see it: is it being emptied? And what the cache keeps of one for that: a fiftieth of it.
import type { Live, Node } from '../../src/kube/index.ts';

export interface NodeView {
  readonly name: string;
  /** Set while pods are to go elsewhere: what says so, for a message. */
  readonly leaving?: string;
}

/**
 * Taints by which one announces that a node is emptied, besides `kubectl cordon` and `drain`: cluster-autoscaler's and
 * Karpenter's. Both evict, and wait for the PodDisruptionBudget. A NoExecute taint needs nothing of us: Kubernetes
 * itself deletes the pod.
 */
const LEAVING_TAINTS: ReadonlySet<string> = new Set([
  'node.kubernetes.io/unschedulable',
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
]);

export function viewNode(node: Live<Node>): NodeView {
  const { name, deletionTimestamp } = node.metadata;
  const taint = node.spec?.taints?.find(({ key }) => LEAVING_TAINTS.has(key ?? ''))?.key;
  const leaving =
    deletionTimestamp !== undefined
      ? 'is being deleted'
      : node.spec?.unschedulable === true
        ? 'is cordoned'
        : taint === undefined
          ? undefined
          : `has the taint ${taint}`;
  return { name, ...(leaving === undefined ? {} : { leaving }) };
}

/** Nodes report much and often; nothing but this is looked at. */
export function slimNode(node: Live<Node>): Live<Node> {
  const { apiVersion, kind, metadata, spec } = node;
  const { name, uid, resourceVersion, deletionTimestamp } = metadata;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: {
      name,
      uid,
      resourceVersion,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: {
      ...(spec?.unschedulable === undefined ? {} : { unschedulable: spec.unschedulable }),
      ...(spec?.taints === undefined ? {} : { taints: spec.taints }),
    },
  };
}

/** Passes changes of what {@link viewNode} says; a node's heartbeats are none. */
export const nodeLeavingChanged = {
  update: (old: Live<Node>, node: Live<Node>): boolean => viewNode(old).leaving !== viewNode(node).leaving,
};
