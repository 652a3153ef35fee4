// What keeps a tenant inside its namespace, kept as it should be: NetworkPolicies, ResourceQuota, LimitRange.
import { isDedicated, isFinal, tenantNamespace, type VoiceSession } from '../../src/api/index.ts';
import {
  type Informer,
  type LimitRange,
  limitRanges,
  type NetworkPolicy,
  networkPolicies as networkPolicyResource,
  Overlay,
  type ResourceQuota,
  resourceQuotas,
} from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';
import type { Settings } from '../settings.ts';
import type { TenantChildrenPass } from './children.ts';
import { type NetworkPolicyRequest, networkPolicies, POLICY_NAMES } from './network-policies.ts';
import { limitRange, resourceQuota } from './quota.ts';

export interface ContainmentOptions {
  readonly settings: Settings;
  /** Undefined: the installation makes no NetworkPolicies. */
  readonly network: Omit<NetworkPolicyRequest, 'tenant' | 'adopted' | 'ownGateway'> | undefined;
  readonly sessions: Informer<VoiceSession>;
  readonly networkPolicies: Informer<NetworkPolicy>;
  readonly resourceQuotas: Informer<ResourceQuota>;
  readonly limitRanges: Informer<LimitRange>;
}

export class Containment {
  readonly #o: ContainmentOptions;
  readonly #networkPolicies: Overlay<NetworkPolicy>;
  readonly #resourceQuotas: Overlay<ResourceQuota>;
  readonly #limitRanges: Overlay<LimitRange>;

  constructor(options: ContainmentOptions) {
    this.#o = options;
    this.#networkPolicies = new Overlay(options.networkPolicies);
    this.#resourceQuotas = new Overlay(options.resourceQuotas);
    this.#limitRanges = new Overlay(options.limitRanges);
  }

  /** @param adopted it was there before its Tenant, with things of others in it */
  async keep(tenant: LiveTenant, adopted: boolean, children: TenantChildrenPass): Promise<void> {
    await this.#keepPolicies(tenant, adopted, children);
    await this.#keepQuota(tenant, adopted, children);
  }

  async #keepPolicies(tenant: LiveTenant, adopted: boolean, children: TenantChildrenPass): Promise<void> {
    const { network } = this.#o;
    const namespace = tenantNamespace(tenant);
    const ownGateway = isDedicated(tenant) || this.#handsOver(namespace);
    const policies =
      network === undefined ? [] : networkPolicies({ ...network, tenant, adopted, ownGateway });
    for (const policy of policies) {
      await children.keep(networkPolicyResource, this.#networkPolicies, policy, ['spec']);
    }
    await children.dropOthers(networkPolicyResource, this.#networkPolicies, namespace, policies);
  }

  /**
   * While sessions run, the gateway that a topology has ended may still have to send their workers on: it keeps its
   * policy until there are none. When its pod is gone no cache of the operator tells.
   */
  #handsOver(namespace: string): boolean {
    const policy = this.#networkPolicies.get({ namespace, name: POLICY_NAMES.gateway });
    return policy !== undefined && this.#openSessions(namespace) > 0;
  }

  /** An adopted namespace keeps its own quotas and gets none of ours. */
  async #keepQuota(tenant: LiveTenant, adopted: boolean, children: TenantChildrenPass): Promise<void> {
    const { settings } = this.#o;
    const namespace = tenantNamespace(tenant);
    const wanted = settings.quota.enabled && !adopted;
    const request = { tenant, settings, openSessions: this.#openSessions(namespace) };
    const quotas = wanted ? present(resourceQuota(request)) : [];
    const ranges = wanted ? present(limitRange(request)) : [];
    for (const quota of quotas) await children.keep(resourceQuotas, this.#resourceQuotas, quota, ['spec']);
    for (const range of ranges) await children.keep(limitRanges, this.#limitRanges, range, ['spec']);
    await children.dropOthers(resourceQuotas, this.#resourceQuotas, namespace, quotas);
    await children.dropOthers(limitRanges, this.#limitRanges, namespace, ranges);
  }

  #openSessions(namespace: string): number {
    return this.#o.sessions.list(namespace).filter(({ status }) => !isFinal(status?.phase)).length;
  }
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
