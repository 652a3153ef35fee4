// `skald doctor`: what is amiss with an installation, or with a Tenant on Discord's side.
import type { Tenant } from '../../src/api/index.ts';
import type { Client, Live } from '../../src/kube/index.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import { databaseUrl } from '../cluster/database-url.ts';
import { failed } from '../cluster/failed.ts';
import { findTenant } from '../cluster/find-tenant.ts';
import { openCluster } from '../cluster/open.ts';
import { type ClusterFlags, FAILED, FOUND, type OutputFlags } from '../cluster/options.ts';
import { realTerminal, type Terminal } from '../terminal.ts';
import { type Check, fail, warn } from './check.ts';
import {
  discordApiUrlOf,
  installationChecks,
  installationOf,
  type LookOptions,
} from './installation/look.ts';
import { printedChecks } from './print.ts';
import { conditionChecks } from './tenant.ts';

export interface DoctorFlags extends ClusterFlags, OutputFlags {
  readonly tokenFile?: string;
  readonly discordApiUrl?: string;
}

/** @param version of this build */
export async function doctorMain(
  tenant: string | undefined,
  flags: DoctorFlags & { readonly version: string },
  signal: AbortSignal,
  terminal: Terminal = realTerminal(flags),
): Promise<number> {
  try {
    const url = await databaseUrl(terminal.env);
    const checks = await look(tenant, flags, { url, signal, terminal });
    terminal.stdout(flags.json ? `${JSON.stringify({ checks })}\n` : printedChecks(checks, terminal.colour));
    return checks.some(({ status }) => status === 'fail') ? FAILED : FOUND;
  } catch (error) {
    return failed(error, terminal);
  }
}

async function look(
  name: string | undefined,
  flags: DoctorFlags & { readonly version: string },
  { url, signal, terminal }: { url: string | undefined; signal: AbortSignal; terminal: Terminal },
): Promise<Check[]> {
  const { client } = await openCluster(flags);
  try {
    const { systemNamespace, version, discordApiUrl } = flags;
    const options = {
      client,
      systemNamespace,
      signal,
      env: terminal.env,
      version,
      databaseUrl: url,
      discordApiUrl,
    };
    if (name === undefined) return await installationChecks(options);
    const tenant = await findTenant(client, name, signal);
    return [
      ...conditionChecks(tenant, systemNamespace),
      ...(await onDiscord(tenant, client, flags, options)),
    ];
  } finally {
    client.close();
  }
}

/** Loaded only here: the commands of the gateway and Discord's libraries. */
async function onDiscord(
  tenant: Live<Tenant>,
  client: Client,
  { tokenFile, discordApiUrl }: DoctorFlags,
  options: LookOptions,
): Promise<Check[]> {
  const { botToken } = await import('./discord/token.ts');
  const found = await botToken(tenant, { client, tokenFile, signal: options.signal });
  if ('why' in found) return [found.why];
  const { askDiscord } = await import('./discord/ask.ts');
  const { discordChecks } = await import('./discord/judge.ts');
  const { commandBodies } = await import('../../gateway/commands/registry.ts');
  const { applicationId, guilds } = tenant.spec.discord;
  const apiUrl = discordApiUrl ?? discordApiUrlOf(await installationOf(options));
  try {
    const facts = await askDiscord({
      apiUrl,
      token: found.token,
      applicationId,
      guilds,
      signal: options.signal,
    });
    return discordChecks(facts, {
      tenant: tenant.metadata.name,
      discord: tenant.spec.discord,
      commands: commandBodies(),
    });
  } catch (error) {
    if (options.signal.aborted) throw error;
    const text = `${apiUrl} cannot be asked from here: ${errorText(error)}`;
    return discordApiUrl === undefined
      ? [warn('discord', text, 'Only the gateway needs it; see tenant.DiscordConnected.')]
      : [fail('discord', text, 'See whether --discord-api-url is right.')];
  }
}
