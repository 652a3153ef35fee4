/** The controller runtime: a small general library for Kubernetes operators. Nothing in it knows what they operate. */

export { type Applied, Applier, type ApplierOptions, type ApplyCall } from './apply.ts';
export { covers, type ListKeys } from './apply-diff.ts';
export type { IndexFunction } from './cache.ts';
export {
  type ApplyOptions,
  type CallOptions,
  Client,
  type ClientOptions,
  type DeleteOptions,
  type JsonPatchOperation,
  type ListOptions,
  type ListPage,
  type Patch,
  type Selection,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from './client.ts';
export { type Clock, systemClock, type Timer } from './clock.ts';
export {
  type ConfigurationOptions,
  type KubeConfiguration,
  loadConfig,
  parseConfig,
} from './configuration.ts';
export {
  Controller,
  type ControllerOptions,
  type Reconcile,
  type ReconcileContext,
  type ReconcileResult,
  type WatchSettings,
} from './controller.ts';
export * from './errors.ts';
export { type EventFields, EventRecorder, type EventRecorderOptions, type Regarding } from './events.ts';
export { Overlay } from './expectations.ts';
export { addFinalizer, finalize, removeFinalizer } from './finalizers.ts';
export {
  type EventHandler,
  type Informer,
  type InformerOptions,
  Informers,
  type Reader,
} from './informer.ts';
export { type LeaderElectionOptions, LeaderElector } from './leader-election.ts';
export { type Logger, silentLogger } from './log.ts';
export { type HealthReport, Manager, type ManagerOptions, type Runnable } from './manager.ts';
export { type Metrics, noMetrics } from './metrics.ts';
export { NamespaceScope } from './namespace-scope.ts';
export {
  formatKey,
  type KubeObject,
  keyOf,
  type Live,
  type LiveMeta,
  type ObjectKey,
  type ObjectMeta,
  type OwnerReference,
  parseKey,
  type Wire,
} from './object.ts';
export {
  byControllerUid,
  byLabel,
  controllerOf,
  controllerReference,
  isControlledBy,
  ownerReference,
} from './owner.ts';
export {
  all,
  annotationsChanged,
  any,
  generationChanged,
  labelsChanged,
  not,
  type Predicate,
} from './predicates.ts';
export { type AddOptions, lowPriority, normalPriority } from './queue.ts';
export { apiVersionOf, defineResource, metadataOf, type Resource, resourceName } from './resource.ts';
export * from './resources.ts';
export {
  type AnyTransform,
  dropManagedFields,
  keepFields,
  keepManagedFieldsOf,
  type Transform,
} from './transform.ts';
