/** Objects for unit tests: valid, small, and changed where a test needs it. */
import { API_VERSION, type Campaign, type Tenant, type VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';

export function aSession(
  change: { spec?: Partial<VoiceSession['spec']>; status?: VoiceSession['status']; deleted?: boolean } = {},
): Live<VoiceSession> {
  return {
    apiVersion: API_VERSION,
    kind: 'VoiceSession',
    metadata: {
      name: 'night-1',
      namespace: 'skald-acme',
      uid: 'uid-1',
      resourceVersion: '1',
      ...(change.deleted === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      mode: 'Live',
      campaignRef: { name: 'night' },
      guildId: '100000000000000001',
      voiceChannelId: '100000000000000002',
      desiredState: 'Running',
      ...change.spec,
    },
    ...(change.status === undefined ? {} : { status: change.status }),
  };
}

/** @param ready what the operator says of it; `of`: the generation that it looked at */
export function aCampaign(
  change: Partial<Campaign['spec']> = {},
  ready: { readonly status?: 'True' | 'False'; readonly of?: number; readonly generation?: number } = {},
): Live<Campaign> {
  const { status = 'True', of = 1, generation = 1 } = ready;
  return {
    apiVersion: API_VERSION,
    kind: 'Campaign',
    metadata: { name: 'night', namespace: 'skald-acme', uid: 'uid-2', resourceVersion: '1', generation },
    spec: {
      language: 'en',
      npcs: [
        {
          name: 'Bart',
          voice: { pitch: 0, speed: 1 },
          engine: 'cascaded',
          budget: 'fast',
          addressOnly: false,
          gameMasterHelper: false,
        },
      ],
      onVoiceChannelMoved: 'Follow',
      turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
      ...change,
    },
    status: {
      conditions: [
        {
          type: 'Ready',
          status,
          observedGeneration: of,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: status === 'True' ? 'Valid' : 'ProviderNotAllowed',
          message: '',
        },
      ],
    },
  };
}

export function aTenant(
  change: { spec?: Partial<Tenant['spec']>; status?: NonNullable<Tenant['status']> } = {},
): Live<Tenant> {
  return {
    apiVersion: API_VERSION,
    kind: 'Tenant',
    metadata: { name: 'acme', uid: 'uid-3', resourceVersion: '1' },
    spec: {
      deletionPolicy: 'Retain',
      timeZone: 'UTC',
      topology: 'shared',
      discord: {
        applicationId: '100000000000000003',
        interactions: 'gateway',
        guilds: ['100000000000000001'],
      },
      limits: { maxSessionSeconds: 3600, idleTimeoutSeconds: 900, admissionTimeoutSeconds: 60 },
      worker: { profile: 'cloud', warm: 0 },
      providers: {},
      history: { ttlSecondsAfterEnded: 3600, keepPerCampaign: 5 },
      privacy: { consentNotice: 'text', recordTranscripts: true },
      ...change.spec,
    },
    status: change.status ?? { namespace: 'skald-acme', gateway: 'skald-gateway-0' },
  };
}
