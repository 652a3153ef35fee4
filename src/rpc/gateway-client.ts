/**
 * The connection of a client to one gateway. The own certificate is renewed while the process runs, so the connection is
 * made anew when it has changed.
 */
import { isIP } from 'node:net';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import type { GatewayPlace } from '../api/gateway-place.ts';
import { clientCredentials } from './client-credentials.ts';
import type { TrustDomain } from './identity.ts';
import { CLIENT_OPTIONS } from './limits.ts';
import { type PemIdentity, samePemIdentity } from './pem-identity.ts';

export interface GatewayClientOptions {
  /** host:port of its Service. */
  readonly address: string;
  readonly place: GatewayPlace;
  readonly trustDomain: TrustDomain;
  /** The own identity as it is now; asked at each call. */
  readonly identity: () => PemIdentity;
  /** TLS SNI, when it is not the host of the address. */
  readonly serverName?: string;
}

type Stub<C> = new (address: string, credentials: ChannelCredentials, options: ChannelOptions) => C;

export class GatewayClient<C extends { close(): void }> implements Disposable {
  readonly #stub: Stub<C>;
  readonly #options: GatewayClientOptions;
  #client: C | undefined;
  #identity: PemIdentity | undefined;

  constructor(stub: Stub<C>, options: GatewayClientOptions) {
    this.#stub = stub;
    this.#options = options;
  }

  /** With the identity of now. @throws {Error} when that cannot be used. */
  connected(): C {
    const identity = this.#options.identity();
    const { address, place, trustDomain } = this.#options;
    if (this.#client !== undefined && this.#identity && samePemIdentity(this.#identity, identity)) {
      return this.#client;
    }
    this.#client?.close();
    const host = address.slice(0, address.lastIndexOf(':'));
    const serverName = this.#options.serverName ?? (isIP(host) === 0 ? undefined : 'skald-gateway');
    this.#client = new this.#stub(address, clientCredentials(identity, { trustDomain, place }), {
      ...CLIENT_OPTIONS,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    });
    this.#identity = identity;
    return this.#client;
  }

  [Symbol.dispose](): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
