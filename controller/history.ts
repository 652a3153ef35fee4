// History removes what the gateway created, and nothing else. That a manifest says that it came from Discord proves
// nothing: people export sessions, and GitOps applies them again. The API server keeps account of who wrote what.
import { fieldManagers, type VoiceSession } from '../src/api/index.ts';
import { type Client, keyOf, type Live } from '../src/kube/index.ts';
import { voiceSessions } from './resources.ts';

/** Where `kubectl apply` keeps what it applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Whether the gateway made the session and nobody has taken it over since. Stopping or muting it with kubectl takes
 * nothing over. It needs `metadata.managedFields`, which caches do not keep; without them the session stays.
 */
export function isGatewaysOwn({ metadata }: Pick<Live<VoiceSession>, 'metadata'>): boolean {
  if (metadata.annotations?.[LAST_APPLIED] !== undefined) return false;
  const authors = (metadata.managedFields ?? [])
    .filter(({ fieldsV1, subresource }) => !subresource && namesCampaign(fieldsV1))
    .map(({ manager }) => manager);
  return authors.length > 0 && authors.every((manager) => manager === fieldManagers.gateway);
}

/** campaignRef is immutable: whoever made the session, or applied it as a whole, owns it. */
function namesCampaign(fields: unknown): boolean {
  const spec = fieldOf(fields, 'f:spec');
  return fieldOf(spec, 'f:campaignRef') !== undefined;
}

function fieldOf(fields: unknown, name: string): unknown {
  return typeof fields === 'object' && fields !== null
    ? Object.entries(fields).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Deletes the session if it is the gateway's own. False: it stays, or is gone already. */
export async function removeFromHistory(
  client: Client,
  session: Live<VoiceSession>,
  signal: AbortSignal,
): Promise<boolean> {
  const live = await client.find(voiceSessions, keyOf(session), { signal });
  if (live === undefined || live.metadata.uid !== session.metadata.uid || !isGatewaysOwn(live)) return false;
  const { uid, resourceVersion } = live.metadata;
  return client.delete(voiceSessions, keyOf(live), { uid, resourceVersion, signal });
}
