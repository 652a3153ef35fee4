// The effects of a Campaign: reads what it refers to, writes its status.

import type { EntitiesSource } from '../../src/admission/campaign.ts';
import { entitiesFrom } from '../../src/admission/entities.ts';
import { mcpKeys } from '../../src/admission/mcp.ts';
import { type EffectiveProviders, effectiveProviders, placed } from '../../src/admission/providers.ts';
import type { MissingVaultKey, VaultFacts } from '../../src/admission/vault-keys.ts';
import {
  type Campaign,
  fieldManagers,
  PROVIDER_KEYS_SECRET,
  type VoiceSession,
} from '../../src/api/index.ts';
import {
  Applier,
  type Client,
  type Clock,
  configMaps,
  type EventRecorder,
  type Informer,
  type Live,
  type ObjectKey,
  Overlay,
  secrets,
} from '../../src/kube/index.ts';
import { removeFromHistory } from '../history.ts';
import type { ProviderKeys } from '../provider-keys/reconcile.ts';
import { campaignStatuses, campaigns, type LiveCampaign, type LiveTenant, namespaced } from '../resources.ts';
import { campaignStatus } from './decide.ts';
import { surplusSessions } from './history.ts';

/** Index of VoiceSessions: `<namespace>/<campaign>`. */
export const SESSION_CAMPAIGN_INDEX = 'campaign';

/** Secrets and ConfigMaps of tenants are not watched: what refers to them is looked at this often. */
const REFERENCES_MS = 60_000;
const MISSING_MS = 5_000;

export interface CampaignReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly campaigns: Informer<Campaign>;
  readonly sessions: Informer<VoiceSession>;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
  readonly providerKeys: Pick<ProviderKeys, 'layout' | 'troubleOf'>;
}

export class CampaignReconciler {
  readonly #o: CampaignReconcilerOptions;
  readonly #campaigns: Overlay<Campaign>;
  readonly #applier: Applier;

  constructor(options: CampaignReconcilerOptions) {
    this.#o = options;
    this.#campaigns = new Overlay(options.campaigns);
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
  }

  async reconcile(
    key: ObjectKey,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const found = this.#campaigns.get(key);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined;
    const campaign = namespaced(found);
    const { namespace, name, uid } = campaign.metadata;
    const tenant = this.#o.tenantOf(namespace);
    const providers = effectiveProviders(tenant, campaign);
    // Without a Tenant the operator has no rights in the namespace.
    const [entities, missingKeys] =
      tenant === undefined
        ? [{ state: 'none' } as const, []]
        : await Promise.all([
            this.#entities(campaign, signal),
            this.#missingKeys(campaign, providers, signal),
          ]);
    const sessions = this.#o.sessions.byIndex(SESSION_CAMPAIGN_INDEX, `${namespace}/${name}`);
    await Promise.all(
      surplusSessions(sessions, tenant?.spec.history.keepPerCampaign).map((session) =>
        removeFromHistory(this.#o.client, session, signal),
      ),
    );
    const status = campaignStatus({
      now: new Date(this.#o.clock.now()),
      campaign,
      tenant,
      providers,
      entities,
      missingKeys: missingKeys.filter((key) => !isVaultKey(key)),
      vault: this.#vault(tenant, namespace, providers, missingKeys),
      sessions,
    });
    const { object, written } = await this.#applier.applyStatus(
      campaignStatuses,
      { apiVersion: campaign.apiVersion, kind: campaign.kind, metadata: { namespace, name, uid }, status },
      { live: campaign, listKeys: { 'status.conditions': ['type'] }, signal },
    );
    if (written) {
      const current = { ...campaign, ...object };
      this.#campaigns.record(current);
      this.#tell(campaign, current);
    }
    const refers =
      campaign.spec.entitiesFrom !== undefined ||
      mcpKeys(campaign).length > 0 ||
      placed(providers).some(({ provider }) => provider.apiKeySecretRef !== undefined);
    if (!refers) return undefined;
    const complete = missingKeys.length === 0 && entities.state !== 'missing';
    return { requeueAfterMs: complete ? REFERENCES_MS : MISSING_MS };
  }

  async #entities(campaign: LiveCampaign, signal: AbortSignal): Promise<EntitiesSource> {
    const name = campaign.spec.entitiesFrom?.configMapRef.name;
    if (name === undefined) return { state: 'none' };
    const { namespace } = campaign.metadata;
    return entitiesFrom(campaign, await this.#o.client.find(configMaps, { namespace, name }, { signal }));
  }

  /** A pod whose Secret lacks a key never starts: better said here. */
  async #missingKeys(
    campaign: LiveCampaign,
    providers: EffectiveProviders,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { namespace } = campaign.metadata;
    const refs = [
      ...placed(providers).flatMap(({ provider }) => provider.apiKeySecretRef ?? []),
      ...mcpKeys(campaign).map(({ apiKeySecretRef }) => apiKeySecretRef),
    ];
    const missing = await Promise.all(
      refs.map(async ({ name, key }) => {
        const secret = await this.#o.client.find(secrets, { namespace, name }, { signal });
        return secret?.data?.[key] === undefined ? [`${name}/${key}`] : [];
      }),
    );
    return [...new Set(missing.flat())].sort();
  }

  /** Of the keys that are in Vault, those that the operator could not copy into its Secret. */
  #vault(
    tenant: LiveTenant | undefined,
    namespace: string,
    providers: EffectiveProviders,
    missingKeys: readonly string[],
  ): VaultFacts {
    const { providerKeys } = this.#o;
    const { layout } = providerKeys;
    if (layout === undefined) return { kind: 'none' };
    const missing = placed(providers).flatMap(({ place, provider }): MissingVaultKey[] => {
      const { vaultRef, apiKeySecretRef: ref } = provider;
      if (vaultRef === undefined || ref === undefined || !missingKeys.includes(`${ref.name}/${ref.key}`))
        return [];
      const trouble = tenant && providerKeys.troubleOf(tenant, ref.key);
      const message = `the API key at ${vaultRef.path} in Vault is about to be read.`;
      return [{ place, ...(trouble ?? { reason: 'ProviderKeyMissing', message }) }];
    });
    return { kind: 'configured', namespace, layout, missing };
  }

  #tell(before: Live<Campaign>, after: Live<Campaign>): void {
    const [old, ready] = [before, after].map(({ status }) =>
      status?.conditions?.find(({ type }) => type === 'Ready'),
    );
    if (ready === undefined || (old?.status === ready.status && old.reason === ready.reason)) return;
    const type = ready.status === 'True' ? 'Normal' : 'Warning';
    const { reason, message } = ready;
    this.#o.recorder.event(
      { resource: campaigns, object: after },
      { type, reason, action: 'Validate', note: message.slice(0, 1024) },
    );
  }
}

function isVaultKey(key: string): boolean {
  return key.startsWith(`${PROVIDER_KEYS_SECRET}/`);
}
