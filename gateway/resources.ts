import { type Campaign, kinds, type Tenant, type VoiceSession } from '../src/api/index.ts';
import { defineResource } from '../src/kube/index.ts';

export const tenants = defineResource<Tenant>(kinds.Tenant);
export const campaigns = defineResource<Campaign>(kinds.Campaign);
export const voiceSessions = defineResource<VoiceSession>(kinds.VoiceSession);

/** A VoiceSession without its spec: what server-side apply of the status subresource sends. */
export const voiceSessionStatuses = defineResource<
  Pick<VoiceSession, 'apiVersion' | 'kind' | 'metadata' | 'status'>
>(kinds.VoiceSession);
