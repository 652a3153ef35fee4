// What AI providers a session may use: by role, and by kind, which is the wire protocol. Each role may have a second
// provider, its fallback.
import { sidecarUrl } from './profiles.ts';

export const PROVIDER_ROLES = ['stt', 'llm', 'tts', 'moderation', 'speechToSpeech'] as const;

export type ProviderRole = (typeof PROVIDER_ROLES)[number];

/** Those that every session has; the others only when they are configured. */
export const NEEDED_ROLES = ['stt', 'llm', 'tts'] as const satisfies readonly ProviderRole[];

/** The model that is asked where neither Tenant nor Campaign names one, by role and kind: what is not here is no kind of the role. */
export const DEFAULT_MODELS = {
  stt: { openai: 'whisper-1', deepgram: 'nova-3', elevenlabs: 'scribe_v2_realtime' },
  llm: { openai: 'gpt-4o-mini', google: 'gemini-2.5-flash', anthropic: 'claude-haiku-4-5' },
  tts: { openai: 'tts-1', elevenlabs: 'eleven_flash_v2_5', deepgram: 'aura-2' },
  moderation: { openai: 'omni-moderation-latest' },
  speechToSpeech: { openai: 'gpt-realtime' },
} as const satisfies { readonly [role in ProviderRole]: { readonly [kind in ProviderKind]?: string } };

export type ProviderKind = 'openai' | 'deepgram' | 'elevenlabs' | 'google' | 'anthropic';

/** Of a provider that names none. */
export const DEFAULT_KIND = 'openai' as const;

const BASE_URLS: { readonly [kind in ProviderKind]: string } = {
  openai: 'https://api.openai.com/v1',
  deepgram: 'https://api.deepgram.com/v1',
  elevenlabs: 'https://api.elevenlabs.io/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
  anthropic: 'https://api.anthropic.com/v1',
};

export function isProviderKind(kind: string): kind is ProviderKind {
  return Object.hasOwn(BASE_URLS, kind);
}

/** Undefined when the role has no such kind. */
export function defaultModel(role: ProviderRole, kind: string): string | undefined {
  const models: { readonly [kind: string]: string } = DEFAULT_MODELS[role];
  return Object.hasOwn(models, kind) ? models[kind] : undefined;
}

/** The profile's sidecar for a provider that names no base URL. Undefined: there is none, or none that speaks its protocol. */
export function providerSidecarUrl(role: ProviderRole, kind: string, profile: string): string | undefined {
  return kind === DEFAULT_KIND ? sidecarUrl(profile, role) : undefined;
}

/** Where a provider is that names no base URL: the profile's sidecar, else the kind's own. */
export function defaultBaseUrl(role: ProviderRole, kind: ProviderKind, profile: string): string {
  return providerSidecarUrl(role, kind, profile) ?? BASE_URLS[kind];
}

/** A role's provider, or its fallback: `stt`, `stt-fallback`. Also the name of the key's file in a worker's pod. */
export type ProviderPlace = ProviderRole | `${ProviderRole}-fallback`;

export const PROVIDER_PLACES: readonly ProviderPlace[] = PROVIDER_ROLES.flatMap((role): ProviderPlace[] => [
  role,
  `${role}-fallback`,
]);

/** Variables of a worker's environment: the file with a provider's key, and the one base URL that the key is for. */
export function keyVariables(place: ProviderPlace): { readonly file: string; readonly url: string } {
  const name = place
    .replace('-', '_')
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
  return { file: `SKALD_${name}_API_KEY_FILE`, url: `SKALD_${name}_API_KEY_URL` };
}
