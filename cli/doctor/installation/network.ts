// What leads out: names, Discord, and the voice path, which only a session proves.
import { lookup } from 'node:dns/promises';
import type { VoiceSession } from '../../../src/api/index.ts';
import { isForbidden, type Live, messageOf, networkPolicies } from '../../../src/kube/index.ts';
import { voiceSessions } from '../../cluster/open.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Installation } from './context.ts';
import { fromTenants } from './tenants.ts';

/** A name, from here. */
export async function dnsCheck(apiUrl: string): Promise<Check> {
  const { hostname } = new URL(apiUrl);
  try {
    await lookup(hostname);
    return ok('dns', `${hostname} can be resolved from here. From the cluster: see discord.`);
  } catch (error) {
    return warn(
      'dns',
      `${hostname} cannot be resolved from here: ${messageOf(error)}`,
      'See the resolver of this machine; the cluster has one of its own.',
    );
  }
}

/** Discord's REST, from here without a token, and from the cluster by what the gateways have found. */
export async function discordChecks(
  apiUrl: string,
  { tenants, signal }: Pick<Installation, 'tenants' | 'signal'>,
): Promise<Check[]> {
  return [await reachDiscord(apiUrl, signal), ...fromTenants('discord', 'DiscordConnected', tenants)];
}

async function reachDiscord(apiUrl: string, signal: AbortSignal): Promise<Check> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
    const { status } = await fetch(`${apiUrl}/v10/gateway`, { signal: limit });
    return status === 200
      ? ok('discord', `${apiUrl} answers from here.`)
      : warn(
          'discord',
          `${apiUrl} answers from here with ${status}.`,
          'See https://discordstatus.com, and whether a proxy is in between.',
        );
  } catch (error) {
    const cause =
      error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    return warn(
      'discord',
      `${apiUrl} cannot be reached from here: ${cause}`,
      'Only the gateways need it; see the next line.',
    );
  }
}

/** Audio goes from worker pods to Discord by UDP. No other place can say whether that works. */
export async function voiceCheck({
  client,
  signal,
}: Pick<Installation, 'client' | 'signal'>): Promise<Check> {
  try {
    return judgeVoice(await client.listAll(voiceSessions, { signal }));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return skipped(
      'voice',
      'Not checked: only sessions show it, and you may not read them.',
      'Ask for the ClusterRole skald-view.',
    );
  }
}

export function judgeVoice(sessions: readonly Live<VoiceSession>[]): Check {
  const id = 'voice';
  const named = ({ metadata }: Live<VoiceSession>) => `${metadata.namespace}/${metadata.name}`;
  const now = sessions.find(({ status }) => status?.phase === 'Active');
  if (now !== undefined) {
    return ok(
      id,
      `UDP to Discord works: session ${named(now)} is in its voice channel now (node ${now.status?.worker?.node ?? 'unknown'}).`,
    );
  }
  const lost = sessions.find(
    ({ status }) => status?.phase === 'Degraded' && status.reason === 'VoiceDisconnected',
  );
  if (lost !== undefined) {
    return fail(
      id,
      `Session ${named(lost)} has lost its voice connection.`,
      "Let worker pods reach Discord's voice servers by UDP and WSS, on any port.",
    );
  }
  const listened = sessions
    .filter(({ status }) => status?.activeAt !== undefined)
    .toSorted((a, b) => ((a.status?.activeAt ?? '') < (b.status?.activeAt ?? '') ? 1 : -1))[0];
  if (listened !== undefined) {
    return ok(id, `UDP to Discord worked last at ${listened.status?.activeAt} (session ${named(listened)}).`);
  }
  const never = sessions.find(({ status }) => status?.reason === 'StartTimedOut');
  if (never !== undefined) {
    return warn(
      id,
      `Session ${named(never)} never came to listen; that may be the voice path.`,
      `skald why ${named(never)}`,
    );
  }
  return skipped(
    id,
    'Not checked: only a session shows whether worker pods reach Discord’s voice servers by UDP.',
    'Type /session start, then look again.',
  );
}

/** Nothing in Kubernetes says whether a network plugin acts upon NetworkPolicies. */
export async function policyCheck({
  client,
  signal,
  systemNamespace,
}: Pick<Installation, 'client' | 'signal' | 'systemNamespace'>): Promise<Check> {
  const id = 'network-policies';
  try {
    const found = await client.listAll(networkPolicies, { namespace: systemNamespace, signal });
    const how = 'docs/operations.md (Network) has a command that tries it.';
    return found.length === 0
      ? warn(
          id,
          `There is no NetworkPolicy in ${systemNamespace}.`,
          'Switch networkPolicy.enabled on in the chart.',
        )
      : skipped(
          id,
          `${found.length} are there in ${systemNamespace}. Whether the network plugin enforces them was not checked: nothing says so.`,
          how,
        );
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return skipped(id, `You may not read NetworkPolicies in ${systemNamespace}.`);
  }
}
