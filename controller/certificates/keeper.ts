// What the operator keeps of certificates, whoever issues them: its own, the gateways' in their Secrets, the bundle that
// all of them trust. Workers' certificates are issued on request.
import { type GatewayPlace, slotPlace } from '../../src/api/index.ts';
import type { Client, Clock, Logger } from '../../src/kube/index.ts';
import { joinPem, sameBundle } from '../../src/pki/bundle.ts';
import { readCertificate } from '../../src/pki/ca.ts';
import { renewalTime } from '../../src/pki/renewal.ts';
import { operatorId, type TrustDomain, workerId } from '../../src/rpc/identity.ts';
import type { PemIdentity } from '../../src/rpc/pem-identity.ts';
import { GatewayCertificates } from './gateways.ts';
import type { Assessment, CertificateIssuer, WorkerCertificate, WorkerCertificateRequest } from './issuer.ts';
import type { CertificateSource, Leaf, LeafRequest } from './source.ts';

/** How often Secrets that somebody changed are looked for, and how soon a fault is tried again. */
const CHECK_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 2_000;
const OPERATOR_CERTIFICATE_SECONDS = 24 * 3600;

export interface CertificateKeeperOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly source: CertificateSource;
  readonly systemNamespace: string;
  readonly trustDomain: TrustDomain;
  readonly gatewaySlots: number;
  readonly gatewayCertificateSeconds: number;
  readonly workerCertificateSeconds: number;
}

/** What a Tenant's condition CertificatesReady says. */
export type CertificatesState =
  | { readonly ready: true }
  | { readonly ready: false; readonly message: string };

export class CertificateKeeper implements CertificateIssuer {
  readonly trustDomain: TrustDomain;
  readonly #o: CertificateKeeperOptions;
  readonly #gateways: GatewayCertificates;
  #bundle: string | undefined;
  #operator: (PemIdentity & { readonly renewAt: Date }) | undefined;
  readonly #firstRound = Promise.withResolvers<void>();
  #problem: string | undefined = 'The certificate authority is not there yet.';

  constructor(options: CertificateKeeperOptions) {
    this.#o = options;
    this.trustDomain = options.trustDomain;
    this.#gateways = new GatewayCertificates({
      ...options,
      lifetimeSeconds: options.gatewayCertificateSeconds,
    });
  }

  /** Keeps everything in order until the signal aborts. For the leader only: two would make two authorities. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#o;
    while (!signal.aborted) {
      let pause = CHECK_INTERVAL_MS;
      try {
        await this.ensure(signal);
        this.#problem = undefined;
      } catch (error) {
        if (signal.aborted) return;
        pause = RETRY_INTERVAL_MS;
        this.#problem = `The certificates could not be made: ${error instanceof Error ? error.message : 'unknown'}`;
        log.error({ err: error }, 'Certificates could not be kept in order; trying again');
      }
      this.#firstRound.resolve();
      await clock.sleep(pause, signal).catch(() => {});
    }
  }

  /**
   * Resolves when the first round has ended, well or badly. Before, {@link state} says nothing about the certificates,
   * and a new leader that told Tenants so would take their readiness from them for a moment.
   */
  async known(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const stop = () => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([this.#firstRound.promise, aborted.promise]);
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
  }

  get state(): CertificatesState {
    return this.#problem === undefined ? { ready: true } : { ready: false, message: this.#problem };
  }

  /** One round: the source, the bundle, the operator's certificate, each gateway's. Idempotent. */
  async ensure(signal?: AbortSignal): Promise<void> {
    await this.#prepare(signal);
    await this.#ensureOperator(signal);
    const slots = Array.from({ length: this.#o.gatewaySlots }, (_, slot) => slot);
    await Promise.all(slots.map((slot) => this.ensureGateway(slotPlace(slot), signal)));
  }

  /** The certificate of one gateway; a tenant's own is in the tenant's namespace. Idempotent. */
  async ensureGateway(place: GatewayPlace, signal?: AbortSignal): Promise<void> {
    if (this.#bundle === undefined) await this.#prepare(signal);
    const by = {
      issue: (request: LeafRequest) => this.#issue(request, signal),
      supersededAt: (certPem: string) => this.#o.source.supersededAt(certPem),
      bundle: () => this.#bundle ?? '',
    };
    await this.#gateways.ensure(place, by, signal);
  }

  async issueWorker(request: WorkerCertificateRequest): Promise<WorkerCertificate> {
    const { namespace, jobName, owner, signal } = request;
    // The leader's first sessions may come before its first round is done.
    if (this.#bundle === undefined) await this.#prepare(signal);
    const place = { namespace, name: jobName, ...(owner === undefined ? {} : { owner }) };
    const { certPem, keyPem, notBefore, notAfter, serial } = await this.#issue(
      {
        kind: 'worker',
        uri: workerId(this.trustDomain, namespace, jobName),
        lifetimeSeconds: request.lifetimeSeconds ?? this.#o.workerCertificateSeconds,
        place,
      },
      signal,
    );
    return { certPem, keyPem, caPem: this.#bundle ?? '', notBefore, notAfter, serial };
  }

  async authorityPem(signal?: AbortSignal): Promise<string> {
    return this.#bundle ?? (await this.#prepare(signal));
  }

  revokeWorker(certPem: string, signal?: AbortSignal): Promise<void> {
    return this.#o.source.revoke(certPem, signal);
  }

  assess({ certPem, caPem }: Pick<WorkerCertificate, 'certPem' | 'caPem'>, seed: string): Assessment {
    const byAge = renewalTime(readCertificate(certPem), seed);
    const superseded = this.#o.source.supersededAt(certPem);
    return {
      bundleIsCurrent: this.#bundle === undefined || sameBundle(caPem, this.#bundle),
      renewAt: superseded !== undefined && superseded < byAge ? superseded : byAge,
    };
  }

  /** The operator's client certificate for the gateways' StatusService; undefined until the first round is done. */
  operatorIdentity(): PemIdentity | undefined {
    return this.#operator;
  }

  async #prepare(signal: AbortSignal | undefined): Promise<string> {
    const bundle = joinPem(await this.#o.source.prepare(signal));
    this.#bundle = bundle;
    return bundle;
  }

  #issue(request: LeafRequest, signal: AbortSignal | undefined): Promise<Leaf> {
    return this.#o.source.issue(request, signal);
  }

  async #ensureOperator(signal: AbortSignal | undefined): Promise<void> {
    const current = this.#operator;
    const authority = this.#bundle ?? '';
    const now = this.#o.clock.now();
    if (current !== undefined && current.renewAt.getTime() > now) {
      const superseded = this.#o.source.supersededAt(current.certificate);
      if (superseded === undefined || superseded.getTime() > now) {
        if (current.authority !== authority) this.#operator = { ...current, authority };
        return;
      }
    }
    const issued = await this.#issue(
      {
        kind: 'operator',
        uri: operatorId(this.trustDomain),
        lifetimeSeconds: OPERATOR_CERTIFICATE_SECONDS,
        place: { namespace: this.#o.systemNamespace, name: 'skald-operator' },
      },
      signal,
    );
    this.#operator = {
      certificate: issued.certPem,
      privateKey: issued.keyPem,
      authority: this.#bundle ?? '',
      renewAt: renewalTime(issued, 'operator'),
    };
  }
}
