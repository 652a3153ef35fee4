import { gatewayAddress, parseGatewayReference } from '../src/api/index.ts';
import { trustDomain } from '../src/rpc/identity.ts';
import type { PemIdentity } from '../src/rpc/pem-identity.ts';
import { GatewayStatusClient } from '../src/rpc/status-client.ts';
import type { Settings } from './settings.ts';
import type { AskGateway } from './tenant/discord.ts';

/**
 * Asks gateways over gRPC, with one kept connection for each. The returned object is disposed of by its opener.
 *
 * @param identity the operator's certificate as it is now; undefined before the first was issued
 */
export class GatewayStatus implements Disposable {
  readonly #settings: Settings;
  readonly #identity: () => PemIdentity | undefined;
  readonly #clients = new Map<string, GatewayStatusClient>();

  constructor(settings: Settings, identity: () => PemIdentity | undefined) {
    this.#settings = settings;
    this.#identity = identity;
  }

  readonly ask: AskGateway = async (gateway, tenant) => {
    if (this.#identity() === undefined) throw new Error('the operator has no certificate yet');
    return this.#clientOf(gateway).getTenantStatus(tenant);
  };

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    this.#clients.clear();
  }

  #clientOf(gateway: string): GatewayStatusClient {
    const known = this.#clients.get(gateway);
    if (known !== undefined) return known;
    const place = parseGatewayReference(gateway);
    if (place === undefined) throw new Error(`${gateway} is not the name of a gateway`);
    const { addressTemplate } = this.#settings.gateway;
    const client = new GatewayStatusClient({
      address: gatewayAddress(addressTemplate, place, this.#settings.namespace),
      place,
      trustDomain: trustDomain(this.#settings.trustDomain),
      identity: () => {
        const identity = this.#identity();
        if (identity === undefined) throw new Error('the operator has no certificate yet');
        return identity;
      },
    });
    this.#clients.set(gateway, client);
    return client;
  }
}
