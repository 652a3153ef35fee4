/**
 * From the gateway that Discord's request has reached to the one that serves the tenant: over the mutual TLS that all
 * gateways have, as gateways among themselves.
 */
import { type handleUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import { type GatewayPlace, gatewayReference } from '../../../src/api/gateway-place.ts';
import { callerOf } from '../../../src/rpc/caller.ts';
import { GatewayClient, type GatewayClientOptions } from '../../../src/rpc/gateway-client.ts';
import {
  type DeliverRequest,
  type DeliverResponse,
  InteractionServiceClient,
  type InteractionServiceServer,
} from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { TrustDomain } from '../../../src/rpc/identity.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import { errorText } from '../../../src/telemetry/redact.ts';
import type { Refusals } from '../../connections/refusals.ts';
import type { SignedRequest } from './signature.ts';

/** Longest wait for the other gateway, milliseconds: Discord waits for 3 s in all. */
const FORWARD_MS = 1_500;

export interface ForwarderOptions extends Pick<GatewayClientOptions, 'trustDomain' | 'identity'> {
  /** host:port of a gateway's Service. */
  readonly addressOf: (place: GatewayPlace) => string;
  readonly log: Logger;
}

type Delivered =
  | { readonly kind: 'answered'; readonly taken: boolean }
  | { readonly kind: 'unreachable' | 'failed'; readonly why: string };

export class Forwarder {
  readonly #o: ForwarderOptions;
  readonly #clients = new Map<string, GatewayClient<InteractionServiceClient>>();

  constructor(options: ForwarderOptions) {
    this.#o = options;
  }

  /** @returns whether it was taken there; never rejects */
  async forward(place: GatewayPlace, request: SignedRequest): Promise<boolean> {
    const deadline = Date.now() + FORWARD_MS;
    const answer = await this.#deliver(place, request, deadline);
    // A connection of before the other one's restart is found to be dead only now. To be given twice does no harm.
    const final = answer.kind === 'unreachable' ? await this.#deliver(place, request, deadline) : answer;
    if (final.kind === 'answered') return final.taken;
    this.#o.log.warn(
      { gateway: gatewayReference(place), why: final.why },
      'An interaction could not be given to the gateway that serves its tenant',
    );
    return false;
  }

  close(): void {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    this.#clients.clear();
  }

  async #deliver(place: GatewayPlace, request: SignedRequest, deadline: number): Promise<Delivered> {
    const { deliver } = InteractionServiceClient.service;
    let client: InteractionServiceClient;
    try {
      client = this.#clientOf(place).connected();
    } catch (error) {
      return { kind: 'failed', why: errorText(error) };
    }
    return await new Promise((resolve) => {
      client.makeUnaryRequest(
        deliver.path,
        deliver.requestSerialize,
        deliver.responseDeserialize,
        { ...request },
        { deadline },
        (error: ServiceError | null, response?: DeliverResponse) => {
          if (error === null) {
            resolve({ kind: 'answered', taken: response?.taken ?? false });
            return;
          }
          const unreachable = error.code === status.UNAVAILABLE;
          if (unreachable) this.#forget(place);
          resolve({ kind: unreachable ? 'unreachable' : 'failed', why: error.details });
        },
      );
    });
  }

  /** The next one dials at once: a channel that has failed waits up to two minutes before it tries again. */
  #forget(place: GatewayPlace): void {
    const name = gatewayReference(place);
    this.#clients.get(name)?.[Symbol.dispose]();
    this.#clients.delete(name);
  }

  #clientOf(place: GatewayPlace): GatewayClient<InteractionServiceClient> {
    const { trustDomain, identity, addressOf } = this.#o;
    const name = gatewayReference(place);
    let client = this.#clients.get(name);
    if (client === undefined) {
      const address = addressOf(place);
      client = new GatewayClient(InteractionServiceClient, { address, place, trustDomain, identity });
      this.#clients.set(name, client);
    }
    return client;
  }
}

export interface InteractionServiceOptions {
  readonly trustDomain: TrustDomain;
  readonly refusals: Refusals;
  /** @returns whether it was taken */
  readonly deliver: (request: SignedRequest) => boolean;
}

export function interactionService(options: InteractionServiceOptions): InteractionServiceServer {
  const deliver: handleUnaryCall<DeliverRequest, DeliverResponse> = (call, callback) => {
    const { identity, peer } = callerOf(call, options.trustDomain);
    if (identity?.kind !== 'gateway') {
      const unknown = identity === undefined;
      const details = 'only gateways may give interactions to gateways';
      options.refusals.report(unknown ? 'no_identity' : 'wrong_identity', peer, details);
      callback({ code: unknown ? status.UNAUTHENTICATED : status.PERMISSION_DENIED, details });
    } else if (peer.notAfter !== undefined && peer.notAfter.getTime() <= Date.now()) {
      callback({ code: status.UNAVAILABLE, details: 'the certificate of this connection has expired' });
    } else {
      callback(null, { taken: options.deliver(call.request) });
    }
  };
  return { deliver };
}
