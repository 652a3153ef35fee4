import { type Campaign, kinds, type Tenant, type VoiceSession } from '../src/api/index.ts';
import { defineResource, type Live } from '../src/kube/index.ts';

export const tenants = defineResource<Tenant>(kinds.Tenant);
export const campaigns = defineResource<Campaign>(kinds.Campaign);
export const voiceSessions = defineResource<VoiceSession>(kinds.VoiceSession);

/** The same, for writes of the status alone: server-side apply must not mention the spec. */
export type StatusOnly<T extends { status?: object }> = Omit<T, 'spec'>;
export const tenantStatuses = defineResource<StatusOnly<Tenant>>(kinds.Tenant);
export const campaignStatuses = defineResource<StatusOnly<Campaign>>(kinds.Campaign);
export const sessionStatuses = defineResource<StatusOnly<VoiceSession>>(kinds.VoiceSession);

/** A namespaced object as the API server returned it: its namespace is there, too. */
export type Namespaced<T extends { metadata: object }> = T & { metadata: { readonly namespace: string } };

export type LiveTenant = Live<Tenant>;
export type LiveCampaign = Namespaced<Live<Campaign>>;
export type LiveSession = Namespaced<Live<VoiceSession>>;

/** @throws Error when the object has no namespace, which the API server never returns for these kinds. */
export function namespaced<T extends Live>(object: T): Namespaced<T> {
  if (!hasNamespace(object)) throw new Error(`${object.kind} "${object.metadata.name}" has no namespace`);
  return object;
}

function hasNamespace<T extends Live>(object: T): object is Namespaced<T> {
  return object.metadata.namespace !== undefined;
}
