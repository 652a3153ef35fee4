// Which session is meant by a name, when the namespace may be left out.
import type { VoiceSession } from '../../src/api/index.ts';
import { type Client, isForbidden, type Live } from '../../src/kube/index.ts';
import { voiceSessions } from '../cluster/open.ts';
import { UsageError } from '../cluster/options.ts';
import { didYouMean, nearest } from '../suggest.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Where to look: what was given; else the one namespace that has a session of this name; else the context's.
 * @throws UsageError when several namespaces have one
 */
export async function placeOf(
  text: string,
  {
    client,
    given,
    ofContext,
    signal,
  }: { client: Client; given: string | undefined; ofContext: string | undefined; signal: AbortSignal },
): Promise<Place> {
  // As `kubectl get -o name` prints it. No namespace has a dot.
  const [first = '', second] = text.replace(/^voicesessions?\.skald\.dev\//, '').split('/');
  if (second !== undefined) {
    if (given !== undefined && given !== first)
      throw new UsageError(`The session's namespace is given twice: ${first} and ${given}`);
    return { namespace: first, name: second };
  }
  if (given !== undefined) return { namespace: given, name: first };
  const everywhere = await sessionsIn(client, undefined, signal);
  const places = everywhere
    .filter(({ metadata }) => metadata.name === first)
    .map(({ metadata }) => metadata.namespace ?? '');
  if (places.length > 1 && !places.includes(ofContext ?? '')) {
    throw new UsageError(
      `${first} is in several namespaces: ${places.join(', ')}. Say which with --namespace`,
    );
  }
  const [only] = places;
  const namespace = places.includes(ofContext ?? '') || only === undefined ? ofContext : only;
  if (namespace === undefined) {
    const hint =
      everywhere.length === 0
        ? ''
        : didYouMean(
            nearest(
              first,
              everywhere.map(({ metadata }) => metadata.name),
            ),
          );
    throw new Error(
      `No namespace has a session ${first}.${hint} Say where to look for what is left of one with --namespace.`,
    );
  }
  return { namespace, name: first };
}

/** Names that are near, for a session that nothing is known of. */
export async function suggestion(
  { namespace, name }: Place,
  client: Client,
  signal: AbortSignal,
): Promise<string> {
  const known = await sessionsIn(client, namespace, signal);
  return didYouMean(
    nearest(
      name,
      known.map(({ metadata }) => metadata.name),
    ),
  );
}

/** None where the caller may not look. */
async function sessionsIn(
  client: Client,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<Live<VoiceSession>[]> {
  try {
    return await client.listAll(voiceSessions, { namespace, signal });
  } catch (error) {
    if (isForbidden(error)) return [];
    throw error;
  }
}
