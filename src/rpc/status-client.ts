/**
 * The operator's end of StatusService: asks one gateway what Discord says about a tenant.
 */
import type { ServiceError } from '@grpc/grpc-js';
import { gatewayReference } from '../api/gateway-place.ts';
import { GatewayClient, type GatewayClientOptions } from './gateway-client.ts';
import { type GetTenantStatusResponse, StatusServiceClient } from './generated/skald/v1/gateway.ts';

/** Longest wait for an answer, milliseconds. */
const STATUS_TIMEOUT_MS = 5_000;

export class GatewayStatusClient implements Disposable {
  readonly #options: GatewayClientOptions;
  readonly #client: GatewayClient<StatusServiceClient>;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
    this.#client = new GatewayClient(StatusServiceClient, options);
  }

  /** @throws {Error} naming the gateway and the tenant; its `cause` is the gRPC error. */
  async getTenantStatus(tenant: string): Promise<GetTenantStatusResponse> {
    const client = this.#client.connected();
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
    this.#client[Symbol.dispose]();
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
