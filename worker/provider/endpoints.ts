/** From the session's configuration and the pod's key files to the endpoints that are called. */

import type { Reach } from '../../src/admission/hosts.ts';
import {
  DEFAULT_KIND,
  defaultBaseUrl,
  defaultModel,
  isProviderKind,
  type NEEDED_ROLES,
  type ProviderPlace,
  type ProviderRole,
  providerSidecarUrl,
} from '../../src/api/provider-roles.ts';
import {
  AddressReach,
  type Provider,
  type SessionConfiguration,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { ConfigurationError } from '../../src/settings/configuration-error.ts';
import { readSecretFile } from '../../src/settings/secret-file.ts';
import type { WorkerSettings } from '../settings.ts';
import type { ProviderEndpoint } from './http.ts';
import type { ProviderService } from './service.ts';

type NeededRole = (typeof NEEDED_ROLES)[number];

/** Each with its fallback. The roles that not every session has are there when they are configured. */
export type ProviderEndpoints = { readonly [role in NeededRole]: ProviderEndpoint } & {
  readonly [role in Exclude<ProviderRole, NeededRole>]?: ProviderEndpoint;
};

/**
 * Each key goes to one base URL only, the one that it was mounted for: the Job says which. A configuration that
 * names another one later, by whomever it was changed, is served without a key. A session that starts then gets
 * the key that belongs to the new URL, when there is one.
 *
 * @throws ConfigurationError when a key file cannot be read, or this worker does not know a kind.
 */
export async function providerEndpoints(
  session: SessionConfiguration,
  settings: Pick<WorkerSettings, 'keyFiles' | 'keyUrls' | 'profile'>,
): Promise<ProviderEndpoints> {
  const ofRole = async (role: ProviderRole, provider: Provider | undefined): Promise<ProviderEndpoint> => {
    const [endpoint, fallback] = await Promise.all([
      endpointOf(role, role, provider, settings),
      provider?.fallback && endpointOf(role, `${role}-fallback`, provider.fallback, settings),
    ]);
    return fallback === undefined ? endpoint : { ...endpoint, fallback };
  };
  const { moderation, speechToSpeech } = session;
  const [stt, llm, tts, ...others] = await Promise.all([
    ofRole('stt', session.stt),
    ofRole('llm', session.llm),
    ofRole('tts', session.tts),
    moderation && ofRole('moderation', moderation),
    speechToSpeech && ofRole('speechToSpeech', speechToSpeech),
  ]);
  return {
    ...{ stt, llm, tts },
    ...(others[0] === undefined ? {} : { moderation: others[0] }),
    ...(others[1] === undefined ? {} : { speechToSpeech: others[1] }),
  };
}

async function endpointOf(
  role: ProviderRole,
  place: ProviderPlace,
  provider: Provider | undefined,
  { keyFiles, keyUrls, profile }: Pick<WorkerSettings, 'keyFiles' | 'keyUrls' | 'profile'>,
): Promise<ProviderEndpoint> {
  const kind = provider?.kind || DEFAULT_KIND;
  const usual = defaultModel(role, kind);
  if (!isProviderKind(kind) || usual === undefined)
    throw new ConfigurationError([`${place}: this worker knows no provider of kind ${kind}`]);
  const baseUrl = plainUrl(provider?.baseUrl || defaultBaseUrl(role, kind, profile));
  const isSidecar = baseUrl === providerSidecarUrl(role, kind, profile);
  const endpoint = {
    ...{ role, kind, baseUrl },
    reach: isSidecar ? 'any' : reachFrom(provider?.reach),
    model: provider?.model || usual,
    pricePerUnitUSD: provider?.pricePerUnitUsd ?? 0,
  } as const;
  const file = keyFiles[place];
  if (file === undefined) return { ...endpoint, apiKey: undefined };
  const keyUrl = plainUrl(keyUrls[place] ?? defaultBaseUrl(role, DEFAULT_KIND, profile));
  if (baseUrl !== keyUrl) return { ...endpoint, apiKey: undefined, keyWithheld: true };
  return { ...endpoint, apiKey: await readSecretFile(file, `the API key of the ${place} provider`) };
}

/** What a newer gateway may say and this build does not know leads no farther than the Internet. */
export function reachFrom(reach: AddressReach | undefined): Reach {
  if (reach === AddressReach.ANY) return 'any';
  return reach === AddressReach.PRIVATE ? 'private' : 'public';
}

/** One way of writing a URL: host in lower case, no default port, no slash at the end. */
export function plainUrl(url: string): string {
  return (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');
}

/** For transcripts and reports: `<role>:<model>`, each the one that serves its role now. */
export function modelsOf(
  endpoints: ProviderEndpoints,
  serving: Pick<ProviderService, 'modelOf'>,
): readonly string[] {
  const { stt, llm, tts, moderation, speechToSpeech } = endpoints;
  return [stt, llm, tts, moderation, speechToSpeech].flatMap((endpoint) =>
    endpoint === undefined ? [] : [`${endpoint.role}:${serving.modelOf(endpoint)}`],
  );
}
