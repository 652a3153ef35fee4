import { API_VERSION, BOT_TOKEN_SECRET, type Tenant } from '../../../src/api/index.ts';

/** A Tenant that a gateway serves, as the operator has defaulted it. */
export function tenantManifest(
  name: string,
  discord: Pick<Tenant['spec']['discord'], 'applicationId' | 'guilds' | 'gameMasterRole'>,
): Tenant {
  return {
    apiVersion: API_VERSION,
    kind: 'Tenant',
    metadata: { name },
    spec: {
      deletionPolicy: 'Retain',
      timeZone: 'UTC',
      topology: 'shared',
      discord: {
        ...discord,
        botTokenSecretRef: { name: BOT_TOKEN_SECRET, key: 'token' },
        interactions: 'gateway',
      },
      limits: { maxSessionSeconds: 3600, idleTimeoutSeconds: 900, admissionTimeoutSeconds: 60 },
      worker: { profile: 'offline', warm: 0 },
      providers: {},
      history: { ttlSecondsAfterEnded: 3600, keepPerCampaign: 5 },
      privacy: { consentNotice: 'text', recordTranscripts: true },
    },
  };
}
