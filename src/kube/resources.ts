/** Descriptors and wire types of the built-in resources in common use. */
import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1Deployment,
  V1Job,
  V1Lease,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ResourceQuota,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
} from '@kubernetes/client-node';
import type { KubeObject, ObjectMeta, Wire } from './object.ts';
import { defineResource } from './resource.ts';

type Model<T> = Omit<Wire<T>, 'metadata' | 'apiVersion' | 'kind'> & KubeObject;

export type ClusterRole = Model<V1ClusterRole>;
export type ClusterRoleBinding = Model<V1ClusterRoleBinding>;
export type ConfigMap = Model<V1ConfigMap>;
export type Deployment = Model<V1Deployment>;
export type Job = Model<V1Job>;
export type Lease = Model<V1Lease>;
export type LimitRange = Model<V1LimitRange>;
export type Namespace = Model<V1Namespace>;
export type NetworkPolicy = Model<V1NetworkPolicy>;
export type Node = Model<V1Node>;
export type PersistentVolumeClaim = Model<V1PersistentVolumeClaim>;
export type Pod = Model<V1Pod>;
export type PodDisruptionBudget = Model<V1PodDisruptionBudget>;
export type ResourceQuota = Model<V1ResourceQuota>;
export type Role = Model<V1Role>;
export type RoleBinding = Model<V1RoleBinding>;
export type Secret = Model<V1Secret>;
export type Service = Model<V1Service>;
export type ServiceAccount = Model<V1ServiceAccount>;
export type StatefulSet = Model<V1StatefulSet>;

export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

/** events.k8s.io/v1. Times are RFC 3339 with microseconds. */
export interface Event extends KubeObject {
  metadata: ObjectMeta;
  eventTime: string;
  reportingController: string;
  reportingInstance: string;
  action: string;
  reason: string;
  type: 'Normal' | 'Warning';
  regarding: ObjectReference;
  related?: ObjectReference;
  note?: string;
  series?: { count: number; lastObservedTime: string };
  /** Of an Event that was written through core/v1: when it first happened, and when and how often since. */
  deprecatedFirstTimestamp?: string;
  deprecatedLastTimestamp?: string;
  deprecatedCount?: number;
}

function core<T extends KubeObject>(plural: string, kind: string, namespaced = true) {
  return defineResource<T>({ group: '', version: 'v1', plural, kind, namespaced });
}

function grouped<T extends KubeObject>(group: string, plural: string, kind: string, namespaced = true) {
  return defineResource<T>({ group, version: 'v1', plural, kind, namespaced });
}

export const configMaps = core<ConfigMap>('configmaps', 'ConfigMap');
export const limitRanges = core<LimitRange>('limitranges', 'LimitRange');
export const namespaces = core<Namespace>('namespaces', 'Namespace', false);
export const nodes = core<Node>('nodes', 'Node', false);
export const persistentVolumeClaims = core<PersistentVolumeClaim>(
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);
export const pods = core<Pod>('pods', 'Pod');
export const resourceQuotas = core<ResourceQuota>('resourcequotas', 'ResourceQuota');
export const secrets = core<Secret>('secrets', 'Secret');
export const serviceAccounts = core<ServiceAccount>('serviceaccounts', 'ServiceAccount');
export const services = core<Service>('services', 'Service');

export const deployments = grouped<Deployment>('apps', 'deployments', 'Deployment');
export const statefulSets = grouped<StatefulSet>('apps', 'statefulsets', 'StatefulSet');
export const jobs = grouped<Job>('batch', 'jobs', 'Job');
export const leases = grouped<Lease>('coordination.k8s.io', 'leases', 'Lease');
export const events = grouped<Event>('events.k8s.io', 'events', 'Event');
export const networkPolicies = grouped<NetworkPolicy>(
  'networking.k8s.io',
  'networkpolicies',
  'NetworkPolicy',
);
export const podDisruptionBudgets = grouped<PodDisruptionBudget>(
  'policy',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const clusterRoles = grouped<ClusterRole>(
  'rbac.authorization.k8s.io',
  'clusterroles',
  'ClusterRole',
  false,
);
export const clusterRoleBindings = grouped<ClusterRoleBinding>(
  'rbac.authorization.k8s.io',
  'clusterrolebindings',
  'ClusterRoleBinding',
  false,
);
export const roles = grouped<Role>('rbac.authorization.k8s.io', 'roles', 'Role');
export const roleBindings = grouped<RoleBinding>('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding');
