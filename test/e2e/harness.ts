import { inject } from 'vitest';
import type { EnvironmentInfo } from '../../hack/environment/environment.ts';
import { Kubectl } from '../../hack/environment/kubectl.ts';
import {
  applyTenant,
  namespaceOf,
  readManifest,
  setUpTable,
  type Table,
  tenantOffline,
} from '../../hack/environment/table.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import {
  type Campaign,
  claimHolder,
  DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE,
  type Tenant,
  type VoiceSession,
} from '../../src/api/index.ts';
import type { SimulatorApi } from '../discord/api.ts';
import { SimulatorClient } from '../discord/client.ts';

/** A tenant of its own for one test file: its Discord application, server and namespace. */
export class Stage {
  readonly info: EnvironmentInfo;
  readonly kubectl: Kubectl;
  readonly simulator: SimulatorApi;
  readonly tenant: Tenant;
  readonly campaign: Campaign;
  readonly table: Table;

  private constructor(
    parts: Pick<Stage, 'info' | 'kubectl' | 'simulator' | 'tenant' | 'campaign' | 'table'>,
  ) {
    this.info = parts.info;
    this.kubectl = parts.kubectl;
    this.simulator = parts.simulator;
    this.tenant = parts.tenant;
    this.campaign = parts.campaign;
    this.table = parts.table;
  }

  /**
   * @param number - Different for every file: makes names and Discord ids of its own.
   * @param spec - What this tenant has other than the sample's.
   */
  static async open(number: number, spec: Partial<Tenant['spec']> = {}): Promise<Stage> {
    const info = inject('environment');
    const kubectl = await Kubectl.open(info);
    const simulator = await SimulatorClient.connect(info.simulator?.controlUrl ?? '');
    const sample = await readManifest<Tenant>('config/samples/tenant.yaml', 'Tenant');
    const campaign = await readManifest<Campaign>('config/samples/campaign.yaml', 'Campaign');
    const ids = { applicationId: id(number, 1), guildId: id(number, 2) };
    const offline = tenantOffline(sample, { chatUrl: info.chatUrl, discord: ids });
    const tenant: Tenant = {
      ...offline,
      metadata: { name: `stage-${number}` },
      spec: { ...offline.spec, ...spec },
    };
    const table = await setUpTable(simulator, tenant);
    await applyTenant(kubectl, tenant, table.token, [campaign]);
    return new Stage({ info, kubectl, simulator, tenant, campaign, table });
  }

  get namespace(): string {
    return namespaceOf(this.tenant);
  }

  get campaignName(): string {
    return this.campaign.metadata.name ?? '';
  }

  /** `/session <subcommand>` by the game master. */
  command(subcommand: 'start' | 'stop' | 'status'): ReturnType<SimulatorApi['command']> {
    const { gameMaster, guildId, textChannelId } = this.table;
    return this.simulator.command(
      gameMaster,
      guildId,
      textChannelId,
      `session ${subcommand}`,
      subcommand === 'start' ? { campaign: this.campaignName } : {},
    );
  }

  /** A VoiceSession as GitOps would apply it. */
  manifest(name: string, spec: Partial<VoiceSession['spec']> = {}): object {
    return {
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'VoiceSession',
      metadata: { name, namespace: this.namespace },
      spec: {
        campaignRef: { name: this.campaignName },
        guildId: this.table.guildId,
        voiceChannelId: this.table.voiceChannelId,
        ...spec,
      },
    };
  }

  async sessions(): Promise<VoiceSession[]> {
    const list = await this.kubectl.json(['get', 'voicesessions', '--namespace', this.namespace]);
    return (list as { items: VoiceSession[] }).items;
  }

  async session(name: string): Promise<VoiceSession | undefined> {
    return (await this.sessions()).find((item) => item.metadata.name === name);
  }

  /** The session, once it is in one of these phases. */
  async reach(name: string, phases: readonly string[], deadlineMs = 60_000): Promise<VoiceSession> {
    let last: VoiceSession | undefined;
    return await waitUntil(
      async () => {
        last = await this.session(name);
        return last?.status?.phase && phases.includes(last.status.phase) ? last : undefined;
      },
      {
        what: `${name} to be ${phases.join(' or ')}`,
        deadlineMs,
        everyMs: 100,
        detail: () => JSON.stringify(last?.status ?? 'no such session', null, 1),
      },
    );
  }

  /** Whether the bot is in a voice channel of its server. */
  async botInVoice(): Promise<boolean> {
    const states = await this.simulator.voiceStates(this.table.guildId);
    return states.some((state) => state.userId === this.table.applicationId);
  }

  /** What a session has left in the cluster and in Discord, one line each; waits until that is nothing. */
  async nothingLeftOf(session: VoiceSession): Promise<void> {
    let left: string[] = [];
    await waitUntil(
      async () => {
        left = await this.#leftOf(session);
        return left.length === 0;
      },
      {
        what: `nothing to be left of ${session.metadata.name}`,
        deadlineMs: 45_000,
        everyMs: 200,
        detail: () => left.join('\n'),
      },
    );
  }

  async #leftOf(session: VoiceSession): Promise<string[]> {
    const uid = session.metadata.uid ?? '';
    const owned = (await this.kubectl.json([
      'get',
      'jobs,pods,secrets',
      '--namespace',
      this.namespace,
      '--selector',
      `skald.dev/voicesession-uid=${uid}`,
    ])) as { items: { kind: string; metadata: { name: string } }[] };
    const leases = (await this.kubectl.json(['get', 'leases', '--namespace', SYSTEM_NAMESPACE])) as {
      items: { metadata: { name: string }; spec?: { holderIdentity?: string } }[];
    };
    const holder = claimHolder({
      metadata: { name: session.metadata.name ?? '', namespace: this.namespace, uid },
    });
    return [
      ...owned.items.map((item) => `${item.kind} ${item.metadata.name}`),
      ...leases.items
        .filter((lease) => lease.spec?.holderIdentity === holder)
        .map((lease) => `Lease ${lease.metadata.name}`),
      ...((await this.botInVoice()) ? ['the bot is in the voice channel'] : []),
    ];
  }
}

/** A snowflake that belongs to one stage. */
function id(stage: number, thing: number): string {
  return `2000000000000${String(stage).padStart(3, '0')}${String(thing).padStart(2, '0')}`;
}
