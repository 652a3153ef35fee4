// The effects of topology `dedicated`: makes the gateway's objects in the tenant's namespace, and removes them.
import {
  dedicatedPlace,
  GATEWAY_DATABASE_SECRET,
  gatewayName,
  gatewayTlsSecretName,
  tenantNamespace,
} from '../../../src/api/index.ts';
import {
  type Applier,
  type Client,
  type Informer,
  Overlay,
  type Resource,
  type Secret,
  type Service,
  type ServiceAccount,
  type StatefulSet,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from '../../../src/kube/index.ts';
import type { LiveTenant } from '../../resources.ts';
import type { Settings } from '../../settings.ts';
import type { TenantChildrenPass } from '../children.ts';
import { dedicatedGateway, SETTINGS_SECRET } from './objects.ts';

export interface DedicatedGatewayOptions {
  readonly client: Client;
  readonly applier: Applier;
  readonly settings: Settings;
  readonly hasDatabase: boolean;
  readonly extraCa: string | undefined;
  /** PEM of what Vault's certificate is verified with. */
  readonly vaultCa: string | undefined;
  readonly statefulSets: Informer<StatefulSet>;
  readonly services: Informer<Service>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  /** Issues or renews the server certificate of the gateway in this namespace. */
  readonly ensureCertificate: (namespace: string, signal: AbortSignal) => Promise<void>;
}

export class DedicatedGateway {
  readonly #o: DedicatedGatewayOptions;
  readonly #statefulSets: Overlay<StatefulSet>;
  readonly #services: Overlay<Service>;
  readonly #serviceAccounts: Overlay<ServiceAccount>;

  constructor(options: DedicatedGatewayOptions) {
    this.#o = options;
    this.#statefulSets = new Overlay(options.statefulSets);
    this.#services = new Overlay(options.services);
    this.#serviceAccounts = new Overlay(options.serviceAccounts);
  }

  /** Everything that the gateway needs, the StatefulSet last. Idempotent; nothing is sent when nothing changed. */
  async ensure(tenant: LiveTenant, children: TenantChildrenPass, signal: AbortSignal): Promise<void> {
    const { settings, hasDatabase, extraCa, vaultCa } = this.#o;
    const wanted = dedicatedGateway({ tenant, settings, hasDatabase, extraCa, vaultCa });
    const namespace = tenantNamespace(tenant);
    await Promise.all([
      this.#o.ensureCertificate(namespace, signal),
      this.#ensureSettings(wanted.secret, signal),
      children.keep(serviceAccounts, this.#serviceAccounts, wanted.serviceAccount),
      children.keep(services, this.#services, wanted.service),
    ]);
    await children.keep(statefulSets, this.#statefulSets, wanted.statefulSet);
  }

  /** True when the tenant has, or may have, a gateway of its own now. */
  exists(tenant: LiveTenant): boolean {
    const namespace = tenantNamespace(tenant);
    const name = gatewayName(dedicatedPlace(namespace));
    return this.#o.statefulSets.get({ namespace, name }) !== undefined;
  }

  /** What is gone already is no error. */
  async remove(tenant: LiveTenant, signal: AbortSignal): Promise<void> {
    const { client } = this.#o;
    const namespace = tenantNamespace(tenant);
    const place = dedicatedPlace(namespace);
    const name = gatewayName(place);
    const gone = (resource: Resource, object: string) =>
      client.deleteCurrent(resource, { namespace, name: object }, { signal });
    // The StatefulSet last: as long as it is there, the rest is looked for again after a crash.
    await Promise.all([
      gone(services, name),
      gone(secrets, SETTINGS_SECRET),
      gone(secrets, GATEWAY_DATABASE_SECRET),
      gone(secrets, gatewayTlsSecretName(place)),
      gone(serviceAccounts, name),
    ]);
    await gone(statefulSets, name);
  }

  /** Read from the server: there is no cache of Secrets. */
  async #ensureSettings(wanted: Secret, signal: AbortSignal): Promise<void> {
    const { client, applier } = this.#o;
    const { namespace, name = '' } = wanted.metadata ?? {};
    const live = await client.find(secrets, { namespace, name }, { signal });
    await applier.apply(secrets, wanted, { live, signal });
  }
}
