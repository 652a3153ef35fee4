// Manifests that are accepted, to be broken one field at a time.

export const GUILD = '100000000000000002';
export const CHANNEL = '100000000000000003';

type Json = Readonly<Record<string, unknown>>;

export function tenant(name: string, spec: Json = {}) {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name },
    spec: { discord: discord(), ...spec },
  };
}

export function discord(changes: Json = {}) {
  return {
    applicationId: '100000000000000001',
    botTokenSecretRef: { name: 'skald-bot-token' },
    guilds: [GUILD],
    ...changes,
  };
}

export function campaign(name: string, spec: Json = {}) {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Campaign',
    metadata: { name },
    spec: { npcs: [{ name: 'Greta' }, { name: 'Bruno' }], ...spec },
  };
}

export function session(name: string, spec: Json = {}) {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'VoiceSession',
    metadata: { name },
    spec: { campaignRef: { name: 'village' }, guildId: GUILD, voiceChannelId: CHANNEL, ...spec },
  };
}
