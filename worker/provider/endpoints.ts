/** From the session's configuration and the pod's key files to the endpoints that are called. */

import type { Reach } from '../../src/admission/hosts.ts';
import { DEFAULT_MODELS } from '../../src/api/default-models.ts';
import { sidecarUrl } from '../../src/api/profiles.ts';
import {
  AddressReach,
  type Provider,
  type SessionConfiguration,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { readSecretFile } from '../../src/settings/secret-file.ts';
import type { WorkerSettings } from '../settings.ts';
import { OPENAI_BASE_URL, type ProviderEndpoint } from './http.ts';

export interface ProviderEndpoints {
  readonly stt: ProviderEndpoint;
  readonly llm: ProviderEndpoint;
  readonly tts: ProviderEndpoint;
}

/**
 * Each key goes to one base URL only, the one that it was mounted for: the Job says which. A configuration that
 * names another one later, by whomever it was changed, is served without a key. A session that starts then gets
 * the key that belongs to the new URL, when there is one.
 *
 * @throws ConfigurationError when a key file cannot be read.
 */
export async function providerEndpoints(
  session: SessionConfiguration,
  settings: Pick<WorkerSettings, 'keyFiles' | 'keyUrls' | 'profile'>,
): Promise<ProviderEndpoints> {
  const endpoint = async (
    role: 'stt' | 'llm' | 'tts',
    provider: Provider | undefined,
  ): Promise<ProviderEndpoint> => {
    const file = settings.keyFiles[role];
    const sidecar = sidecarUrl(settings.profile, role);
    const fallback = sidecar ?? OPENAI_BASE_URL;
    const baseUrl = plain(provider?.baseUrl || fallback);
    const own = baseUrl === plain(settings.keyUrls[role] ?? fallback);
    const reach = baseUrl === sidecar ? 'any' : reachFrom(provider?.reach);
    const base = { role, baseUrl, reach, model: provider?.model || DEFAULT_MODELS[role] };
    if (file === undefined) return { ...base, apiKey: undefined };
    if (!own) return { ...base, apiKey: undefined, keyWithheld: true };
    return { ...base, apiKey: await readSecretFile(file, `the API key of the ${role} provider`) };
  };
  const [stt, llm, tts] = await Promise.all([
    endpoint('stt', session.stt),
    endpoint('llm', session.llm),
    endpoint('tts', session.tts),
  ]);
  return { stt, llm, tts };
}

/** What a newer gateway may say and this build does not know leads no farther than the Internet. */
function reachFrom(reach: AddressReach | undefined): Reach {
  if (reach === AddressReach.ANY) return 'any';
  return reach === AddressReach.PRIVATE ? 'private' : 'public';
}

/** One way of writing a URL: host in lower case, no default port, no slash at the end. */
function plain(url: string): string {
  return (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');
}

export function modelsOf(endpoints: ProviderEndpoints): readonly string[] {
  return [`stt:${endpoints.stt.model}`, `llm:${endpoints.llm.model}`, `tts:${endpoints.tts.model}`];
}
