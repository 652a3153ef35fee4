/**
 * The operator's end of StatusService: asks one gateway what Discord says about a tenant. The operator's
 * certificate lives in its memory and is renewed there, so the connection is made anew when it changes.
 */
import { isIP } from 'node:net';
import type { ServiceError } from '@grpc/grpc-js';
import { type GatewayPlace, gatewayReference } from '../api/gateway-place.ts';
import { clientCredentials } from './client-credentials.ts';
import { type GetTenantStatusResponse, StatusServiceClient } from './generated/skald/v1/gateway.ts';
import type { TrustDomain } from './identity.ts';
import { CLIENT_OPTIONS } from './limits.ts';
import { type PemIdentity, samePemIdentity } from './pem-identity.ts';

export interface GatewayStatusClientOptions {
  /** host:port of its Service. */
  readonly address: string;
  readonly place: GatewayPlace;
  readonly trustDomain: TrustDomain;
  /** The operator's identity as it is now; asked at each call. */
  readonly identity: () => PemIdentity;
  /** TLS SNI, when it is not the host of the address. */
  readonly serverName?: string;
}

/** Longest wait for an answer, milliseconds. */
const STATUS_TIMEOUT_MS = 5_000;

export class GatewayStatusClient implements Disposable {
  readonly #options: GatewayStatusClientOptions;
  #client: StatusServiceClient | undefined;
  #identity: PemIdentity | undefined;

  constructor(options: GatewayStatusClientOptions) {
    this.#options = options;
  }

  /** @throws {Error} naming the gateway and the tenant; its `cause` is the gRPC error. */
  async getTenantStatus(tenant: string): Promise<GetTenantStatusResponse> {
    const client = this.#connected();
    return await new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response: GetTenantStatusResponse): void => {
        if (error === null) {
          resolve(response);
          return;
        }
        const what = `${gatewayReference(this.#options.place)} at ${this.#options.address} did not tell the status of tenant ${tenant}`;
        reject(new Error(`${what}: ${error.details}`, { cause: error }));
      };
      client.makeUnaryRequest(
        StatusServiceClient.service.getTenantStatus.path,
        StatusServiceClient.service.getTenantStatus.requestSerialize,
        StatusServiceClient.service.getTenantStatus.responseDeserialize,
        { tenant },
        { deadline: Date.now() + STATUS_TIMEOUT_MS },
        (error, response) => done(error, response ?? EMPTY),
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #connected(): StatusServiceClient {
    const identity = this.#options.identity();
    if (
      this.#client !== undefined &&
      this.#identity !== undefined &&
      samePemIdentity(this.#identity, identity)
    ) {
      return this.#client;
    }
    this.#client?.close();
    const { address, place, trustDomain } = this.#options;
    const host = address.slice(0, address.lastIndexOf(':'));
    const serverName = this.#options.serverName ?? (isIP(host) === 0 ? undefined : 'skald-gateway');
    this.#client = new StatusServiceClient(address, clientCredentials(identity, { trustDomain, place }), {
      ...CLIENT_OPTIONS,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    });
    this.#identity = identity;
    return this.#client;
  }
}

const EMPTY: GetTenantStatusResponse = {
  served: false,
  connected: false,
  reason: '',
  message: '',
  botUserId: '',
  guilds: 0,
};
