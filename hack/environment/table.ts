import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { Campaign, Tenant } from '../../src/api/index.ts';
import { BOT_TOKEN_SECRET } from '../../src/api/index.ts';
import type { PersonHandle, SimulatorApi } from '../../test/discord/api.ts';
import type { Kubectl } from './kubectl.ts';

/** A simulated Discord server with a bot, a game master and rooms. */
export interface Table {
  readonly applicationId: string;
  readonly token: string;
  readonly guildId: string;
  readonly voiceChannelId: string;
  readonly textChannelId: string;
  readonly gameMaster: PersonHandle;
}

/** Makes a Discord server that matches the Tenant: its application, its first guild, its game-master role. */
export async function setUpTable(simulator: SimulatorApi, tenant: Tenant): Promise<Table> {
  const { applicationId, guilds, gameMasterRole } = tenant.spec.discord;
  const application = await simulator.addApplication({ id: applicationId, name: 'Skald' });
  const guildId = await simulator.addGuild({
    name: 'The Round Table',
    ...(guilds[0] === undefined ? {} : { id: guilds[0] }),
  });
  const role = gameMasterRole
    ? await simulator.addRole(guildId, { id: gameMasterRole, name: 'Game Master' })
    : undefined;
  const voiceChannelId = await simulator.addChannel(guildId, { type: 'voice', name: 'Tavern' });
  const textChannelId = await simulator.addChannel(guildId, { type: 'text', name: 'table-talk' });
  await simulator.inviteBot(application.id, guildId);
  const gameMaster = await simulator.person({
    guildId,
    name: 'Robin',
    ...(role === undefined ? {} : { roles: [role] }),
  });
  return {
    applicationId: application.id,
    token: application.token,
    guildId,
    voiceChannelId,
    textChannelId,
    gameMaster,
  };
}

/** The one object of this kind in a YAML file. */
export async function readManifest<T extends { kind?: string }>(path: string, kind: string): Promise<T> {
  const documents = parseAllDocuments(await readFile(path, 'utf8'));
  const found: T[] = [];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) throw new Error(`${path}: ${error.message}`);
    const value: unknown = document.toJS();
    if (isOfKind<T>(value, kind)) found.push(value);
  }
  const [only] = found;
  if (!only || found.length > 1) {
    throw new Error(`${path}: expected exactly one ${kind}, found ${found.length}`);
  }
  return only;
}

function isOfKind<T>(value: unknown, kind: string): value is T {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

/** The sample Tenant, speaking offline and thinking with the language model double. */
export function tenantOffline(
  sample: Tenant,
  options: { chatUrl: string; discord?: { applicationId: string; guildId: string } },
): Tenant {
  const { discord } = options;
  return {
    ...sample,
    spec: {
      ...sample.spec,
      ...(discord
        ? {
            discord: {
              ...sample.spec.discord,
              applicationId: discord.applicationId,
              guilds: [discord.guildId],
            },
          }
        : {}),
      worker: { ...sample.spec.worker, profile: 'offline' },
      // Read, not said: whoever plays begins to speak as soon as the session is Active.
      privacy: { consentNotice: 'text', recordTranscripts: true },
      providers: {
        ...sample.spec.providers,
        llm: { kind: 'openai', model: 'skald-double', baseURL: options.chatUrl },
      },
    },
  };
}

export function namespaceOf(tenant: Tenant): string {
  return tenant.spec.namespace ?? `skald-${tenant.metadata?.name}`;
}

/** Applies Tenant, token and Campaigns as a platform engineer would, and waits until sessions can start. */
export async function applyTenant(
  kubectl: Kubectl,
  tenant: Tenant,
  token: string,
  campaigns: readonly Campaign[],
): Promise<void> {
  const namespace = namespaceOf(tenant);
  const name = tenant.metadata?.name ?? '';
  await kubectl.apply([tenant]);
  await kubectl.run(['wait', `tenant/${name}`, '--for=condition=NamespaceReady', '--timeout=60s']);
  const key = tenant.spec.discord.botTokenSecretRef?.key ?? 'token';
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: BOT_TOKEN_SECRET, namespace },
      stringData: { [key]: token },
    },
    ...campaigns.map((campaign) => ({ ...campaign, metadata: { ...campaign.metadata, namespace } })),
  ]);
  await kubectl.run(['wait', `tenant/${name}`, '--for=condition=Ready', '--timeout=120s']);
  for (const campaign of campaigns) {
    await kubectl.run([
      'wait',
      `campaign/${campaign.metadata?.name}`,
      '--namespace',
      namespace,
      '--for=condition=Ready',
      '--timeout=60s',
    ]);
  }
}
