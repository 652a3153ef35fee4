/** Another tenant of the scene's gateway: its own namespace, bot, guild, campaign and sessions. */
import { randomUUID } from 'node:crypto';
import type { Gateway } from '../../../gateway/gateway.ts';
import { campaigns, tenants, voiceSessionStatuses, voiceSessions } from '../../../gateway/resources.ts';
import {
  API_VERSION,
  BOT_TOKEN_SECRET,
  type VoiceSession,
  type VoiceSessionStatus,
} from '../../../src/api/index.ts';
import { type Live, namespaces, secrets } from '../../../src/kube/index.ts';
import { bindSessionsRole, bindTokenRole } from '../gateway/rights.ts';
import { eventually, type Scene } from '../gateway/scene.ts';

export class Neighbour {
  readonly #scene: Scene;
  readonly tenantName: string;
  readonly namespace: string;
  guildId = '';
  voiceChannelId = '';
  botToken = '';

  private constructor(scene: Scene) {
    this.#scene = scene;
    const id = randomUUID().slice(0, 8);
    this.tenantName = `n-${id}`;
    this.namespace = `skald-n-${id}`;
  }

  static async create(scene: Scene): Promise<Neighbour> {
    const neighbour = new Neighbour(scene);
    await neighbour.#create();
    return neighbour;
  }

  async #create(): Promise<void> {
    const { discord, client } = this.#scene;
    const application = await discord.addApplication({ name: 'Neighbour' });
    this.botToken = application.token;
    this.guildId = await discord.addGuild({ name: 'The Green Dragon' });
    this.voiceChannelId = await discord.addChannel(this.guildId, { type: 'voice', name: 'Parlour' });
    await discord.inviteBot(application.id, this.guildId);
    const { namespace, tenantName } = this;
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: BOT_TOKEN_SECRET, namespace },
      data: { token: Buffer.from(application.token).toString('base64') },
    });
    const model = await client.get(tenants, { name: this.#scene.tenantName });
    await client.create(tenants, {
      apiVersion: API_VERSION,
      kind: 'Tenant',
      metadata: { name: tenantName },
      spec: {
        ...model.spec,
        discord: { ...model.spec.discord, applicationId: application.id, guilds: [this.guildId] },
      },
    });
    const status = { namespace, gateway: 'skald-gateway-0' };
    await client.patch(tenants, { name: tenantName }, { merge: { status } }, { subresource: 'status' });
    await bindSessionsRole(client, namespace);
    await bindTokenRole(client, namespace);
    const campaign = await this.#scene.campaign('night');
    await client.create(campaigns, {
      apiVersion: API_VERSION,
      kind: 'Campaign',
      metadata: { name: 'night', namespace },
      spec: { ...campaign.spec, title: "The neighbour's own story" },
    });
    const { metadata } = await client.get(campaigns, { namespace, name: 'night' });
    const ready = {
      type: 'Ready',
      status: 'True' as const,
      reason: 'Valid',
      message: 'said by the test',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: metadata.generation,
    };
    const approved = { conditions: [ready], observedGeneration: metadata.generation, revision: 'one' };
    const key = { namespace, name: 'night' };
    await client.patch(campaigns, key, { merge: { status: approved } }, { subresource: 'status' });
  }

  async connected(gateway: Gateway): Promise<void> {
    await eventually(
      "the neighbour's bot is connected",
      () => gateway.directory.scopeOf(this.tenantName)?.ready === true,
      20_000,
    );
  }

  /** A session that the operator has admitted and given a Job. */
  async provisioned(name: string, job = `${name}-job`): Promise<string> {
    const { client } = this.#scene;
    await client.create(voiceSessions, {
      apiVersion: API_VERSION,
      kind: 'VoiceSession',
      metadata: { name, namespace: this.namespace },
      spec: {
        mode: 'Live',
        campaignRef: { name: 'night' },
        guildId: this.guildId,
        voiceChannelId: this.voiceChannelId,
        desiredState: 'Running',
      },
    });
    const status: VoiceSessionStatus = { phase: 'Provisioning', worker: { jobName: job } };
    await client.applyStatus(
      voiceSessionStatuses,
      {
        apiVersion: API_VERSION,
        kind: 'VoiceSession',
        metadata: { name, namespace: this.namespace },
        status,
      },
      { fieldManager: 'skald-controller' },
    );
    return job;
  }

  async session(name: string): Promise<Live<VoiceSession>> {
    return await this.#scene.client.get(voiceSessions, { namespace: this.namespace, name });
  }

  async close(): Promise<void> {
    await this.#scene.client.delete(tenants, { name: this.tenantName }).catch(() => false);
  }
}
