/**
 * A gateway's part in interactions over HTTP: the endpoint, when it has one, and what other gateways pass on.
 */
import { parseGatewayReference } from '../../../src/api/gateway-place.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import type { TenantDirectory } from '../../tenants/tenant-directory.ts';
import type { Forwarder } from './forwarding.ts';
import { Intake } from './intake.ts';
import { type InteractionServer, startInteractionServer } from './server.ts';
import type { SignedRequest } from './signature.ts';

export interface HttpInteractionsOptions {
  readonly directory: Pick<TenantDirectory, 'tenantOfApplication' | 'scopeOfApplication'>;
  /** This gateway as Tenants name it. */
  readonly gateway: string;
  readonly forwarder: Forwarder;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

export class HttpInteractions {
  readonly #o: HttpInteractionsOptions;
  readonly #intake: Intake;
  readonly #answers = new Map<string, number>();
  #server: InteractionServer | undefined;

  constructor(options: HttpInteractionsOptions) {
    this.#o = options;
    const { directory, gateway, forwarder } = options;
    this.#intake = new Intake({
      ...options,
      tenantOf: (applicationId) => directory.tenantOfApplication(applicationId),
      take: ({ spec }, interaction) =>
        directory.scopeOfApplication(spec.discord.applicationId)?.take(interaction) ?? false,
      forward: async ({ status }, request) => {
        const place = parseGatewayReference(status?.gateway);
        if (place === undefined || status?.gateway === gateway) return false;
        return await forwarder.forward(place, request);
      },
    });
  }

  /** Port of the endpoint; undefined: there is none. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /** How many requests were answered with which status. */
  get answers(): ReadonlyMap<string, number> {
    return this.#answers;
  }

  /** @param address host:port @throws {Error} when the port cannot be bound */
  async listen(address: string): Promise<void> {
    const { now, log } = this.#o;
    this.#server = await startInteractionServer({
      listen: address,
      now,
      log,
      receive: (request) => this.#intake.receive(request),
      onAnswer: (status) => this.#answers.set(String(status), (this.#answers.get(String(status)) ?? 0) + 1),
    });
    log.info({ port: this.#server.port }, 'Interactions over HTTP are received');
  }

  /** What another gateway has got. @returns whether it was taken */
  deliver(request: SignedRequest): boolean {
    return this.#intake.deliver(request);
  }

  async close(): Promise<void> {
    await this.#server?.close();
    this.#o.forwarder.close();
  }
}
