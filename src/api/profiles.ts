// Where speech and language models run: which containers a profile puts beside the worker, and where they listen.
import type { TenantSpec } from './generated/tenant.ts';
import type { ProviderRole } from './provider-roles.ts';

export type Profile = TenantSpec['worker']['profile'];

/** Where each sidecar listens, on the pod's loopback. */
export const SIDECAR_PORTS = { speech: 8090, whisper: 8091, llm: 8092 } as const;

export type SidecarName = keyof typeof SIDECAR_PORTS;

const PROVIDED: {
  readonly [profile in Profile]: { readonly [role in ProviderRole]?: SidecarName };
} = {
  cloud: {},
  offline: { stt: 'speech', tts: 'speech' },
  'whisper-native': { stt: 'whisper' },
  'local-llm': { stt: 'whisper', llm: 'llm' },
};

/** The sidecars of a profile. */
export function sidecarNames(profile: Profile): readonly SidecarName[] {
  return [...new Set(Object.values(PROVIDED[profile]))];
}

/**
 * The base URL of a provider that is given none: the sidecar's that plays its role in this profile. Undefined when
 * none does, or the profile is of another version.
 */
export function sidecarUrl(profile: string, role: ProviderRole): string | undefined {
  const name = isProfile(profile) ? PROVIDED[profile][role] : undefined;
  return name === undefined ? undefined : `http://127.0.0.1:${SIDECAR_PORTS[name]}/v1`;
}

function isProfile(profile: string): profile is Profile {
  return Object.hasOwn(PROVIDED, profile);
}
