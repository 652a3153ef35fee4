// Whose children the operator's objects are. Never blockOwnerDeletion: a foreground deletion must not wait for what the
// owner's own finalizer has removed in order.
import {
  controllerReference,
  type KubeObject,
  type Live,
  type OwnerReference,
  type Resource,
} from '../src/kube/index.ts';
import { type LiveSession, type LiveTenant, tenants, voiceSessions } from './resources.ts';

export function tenantOwner(tenant: LiveTenant): OwnerReference {
  return owner(tenants, tenant);
}

export function sessionOwner(session: LiveSession): OwnerReference {
  return owner(voiceSessions, session);
}

function owner<T extends KubeObject>(resource: Resource<T>, object: Live<T>): OwnerReference {
  return { ...controllerReference(resource, object), blockOwnerDeletion: false };
}
