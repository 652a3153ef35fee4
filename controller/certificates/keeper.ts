// What the operator keeps of certificates, whoever issues them: its own, the gateways' in their Secrets, the bundle that
// all of them trust. Workers' certificates are issued on request.
import { type GatewayPlace, gatewayReference, slotPlace } from '../../src/api/index.ts';
import type { Client, Clock, Logger, Metrics } from '../../src/kube/index.ts';
import { chainsTo, sameBundle, splitPem } from '../../src/pki/bundle.ts';
import { readCertificate } from '../../src/pki/ca.ts';
import { fraction, renewalTime } from '../../src/pki/renewal.ts';
import { operatorId, type TrustDomain, workerId } from '../../src/rpc/identity.ts';
import type { PemIdentity } from '../../src/rpc/pem-identity.ts';
import { AuthorityStore } from './authority-store.ts';
import { GatewayCertificates } from './gateways.ts';
import type { Assessment, CertificateIssuer, WorkerCertificate, WorkerCertificateRequest } from './issuer.ts';
import { type CertificateMetrics, certificateMetrics } from './metrics.ts';
import type { CertificateSource, Leaf, LeafRequest } from './source.ts';

/** How often Secrets that somebody changed are looked for, and how soon a fault is tried again. */
const CHECK_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 2_000;
/** A gateway that nobody has looked after for so long is not measured any more. */
const FORGOTTEN_MS = 3_600_000;
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
  /** From a Secret's change until everybody uses it. */
  readonly distributionSeconds: number;
  readonly metrics: Metrics;
}

/** What a Tenant's condition CertificatesReady says. */
export type CertificatesState =
  | { readonly ready: true }
  | { readonly ready: false; readonly message: string };

export class CertificateKeeper implements CertificateIssuer {
  readonly trustDomain: TrustDomain;
  readonly #o: CertificateKeeperOptions;
  readonly #gateways: GatewayCertificates;
  readonly #authorities: AuthorityStore;
  readonly #metrics: CertificateMetrics;
  readonly #gatewayEnds = new Map<string, { readonly notAfter: Date; readonly seenAt: number }>();
  readonly #listeners = new Set<() => void>();
  #named: readonly string[] = [];
  #wake: () => void = () => {};
  #bundle: string | undefined;
  #operator: PemIdentity | undefined;
  readonly #firstRound = Promise.withResolvers<void>();
  #problem: string | undefined = 'The certificate authority is not there yet.';

  constructor(options: CertificateKeeperOptions) {
    this.#o = options;
    this.trustDomain = options.trustDomain;
    this.#gateways = new GatewayCertificates({
      ...options,
      lifetimeSeconds: options.gatewayCertificateSeconds,
    });
    this.#authorities = new AuthorityStore({
      ...options,
      source: options.source.name,
      keepSeconds: Math.max(options.gatewayCertificateSeconds, options.workerCertificateSeconds),
    });
    this.#metrics = certificateMetrics(options.metrics, {
      source: options.source.name,
      now: () => options.clock.now(),
      expiries: () => this.#expiries(),
    });
  }

  /** Calls back whenever the bundle that peers trust has changed, or {@link state}. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Keeps everything in order until the signal aborts. For the leader only: two would make two authorities. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#o;
    let failures = 0;
    while (!signal.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      try {
        await this.ensure(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        log.error({ err: error }, 'Certificates could not be kept in order; trying again');
      }
      this.#firstRound.resolve();
      const retry = Math.min(CHECK_INTERVAL_MS, RETRY_INTERVAL_MS * 2 ** Math.min(failures - 1, 4));
      const pause = failures > 0 ? retry : (this.#o.source.lookAgainMs ?? CHECK_INTERVAL_MS);
      // Whatever wakes it: not at once again and again.
      const least = Math.min(pause, RETRY_INTERVAL_MS);
      await clock.sleep(least, signal).catch(() => {});
      await clock.sleep(pause - least, AbortSignal.any([signal, woken.signal])).catch(() => {});
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
    try {
      await this.#prepare(signal);
      await this.#ensureOperator(signal);
      const slots = Array.from({ length: this.#o.gatewaySlots }, (_, slot) => slot);
      await Promise.all(slots.map((slot) => this.ensureGateway(slotPlace(slot), signal)));
      this.#report(undefined);
    } catch (error) {
      if (!signal?.aborted) {
        const why = error instanceof Error ? error.message : 'unknown';
        this.#report(`The certificates could not be made: ${why}`);
      }
      throw error;
    }
  }

  /** The certificate of one gateway; a tenant's own is in the tenant's namespace. Idempotent. */
  async ensureGateway(place: GatewayPlace, signal?: AbortSignal): Promise<void> {
    if (this.#bundle === undefined) await this.#prepare(signal);
    const by = {
      issue: (request: LeafRequest) => this.#issue(request, signal),
      supersededAt: (certPem: string) => this.#o.source.supersededAt(certPem),
      bundle: () => this.#bundle ?? '',
    };
    const notAfter = await this.#gateways.ensure(place, by, signal);
    this.#gatewayEnds.set(gatewayReference(place), { notAfter, seenAt: this.#o.clock.now() });
  }

  async issueWorker(request: WorkerCertificateRequest): Promise<WorkerCertificate> {
    const { namespace, jobName, signal } = request;
    // The leader's first sessions may come before its first round is done.
    if (this.#bundle === undefined) await this.#prepare(signal);
    const { certPem, keyPem, notBefore, notAfter, serial } = await this.#issue(
      {
        kind: 'worker',
        uri: workerId(this.trustDomain, namespace, jobName),
        lifetimeSeconds: request.lifetimeSeconds ?? this.#o.workerCertificateSeconds,
        place: { namespace, name: jobName },
      },
      signal,
    );
    return { certPem, keyPem, caPem: this.#bundle ?? '', notBefore, notAfter, serial };
  }

  async authorityPem(signal?: AbortSignal): Promise<string> {
    return this.#bundle ?? (await this.#prepare(signal));
  }

  async revokeWorker(certPem: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#o.source.revoke(certPem, signal);
      this.#metrics.revoked('done');
    } catch (error) {
      this.#metrics.revoked('failed');
      throw error;
    }
  }

  assess({ certPem, caPem }: Pick<WorkerCertificate, 'certPem' | 'caPem'>, seed: string): Assessment {
    return {
      bundleIsCurrent: this.#bundle === undefined || sameBundle(caPem, this.#bundle),
      renewAt: this.#renewAt(certPem, seed),
    };
  }

  /** The operator's client certificate for the gateways' StatusService; undefined until the first round is done. */
  operatorIdentity(): PemIdentity | undefined {
    return this.#operator;
  }

  async #prepare(signal: AbortSignal | undefined): Promise<string> {
    this.#named = await this.#o.source.prepare(signal);
    return this.#trust(signal);
  }

  /** Writes down whom peers are to trust before anybody is told to. */
  async #trust(signal: AbortSignal | undefined): Promise<string> {
    const bundle = await this.#authorities.bundle(this.#named, signal);
    const changed = this.#bundle !== bundle;
    this.#bundle = bundle;
    if (changed) this.#tell();
    return bundle;
  }

  async #issue(request: LeafRequest, signal: AbortSignal | undefined): Promise<Leaf> {
    const { clock, source } = this.#o;
    const began = clock.monotonic();
    try {
      const leaf = await source.issue(request, signal);
      // An authority that came with it and that nobody has heard of: it is in the bundle before the certificate is used.
      if (leaf.authorities.some((pem) => !splitPem(this.#bundle ?? '').includes(pem))) {
        this.#named = [...new Set([...this.#named, ...leaf.authorities])];
        await this.#trust(signal);
      }
      this.#metrics.issued(request.kind, (clock.monotonic() - began) / 1000);
      return leaf;
    } catch (error) {
      if (!signal?.aborted) {
        this.#metrics.failed(request.kind);
        // Is it this certificate, or can none be issued? A round tells, and then Tenants say so.
        this.#wake();
      }
      throw error;
    }
  }

  async #ensureOperator(signal: AbortSignal | undefined): Promise<void> {
    const current = this.#operator;
    if (current !== undefined && this.#renewAt(current.certificate, 'operator') > this.#now()) {
      const authority = this.#bundle ?? '';
      if (current.authority !== authority) this.#operator = { ...current, authority };
      return;
    }
    const { certPem, keyPem } = await this.#issue(
      {
        kind: 'operator',
        uri: operatorId(this.trustDomain),
        lifetimeSeconds: OPERATOR_CERTIFICATE_SECONDS,
        place: { namespace: this.#o.systemNamespace, name: 'skald-operator' },
      },
      signal,
    );
    this.#operator = { certificate: certPem, privateKey: keyPem, authority: this.#bundle ?? '' };
  }

  /**
   * After two thirds of the life; earlier when what signed it signs no more, spread so that not all come at once; now when
   * nobody trusts what signed it.
   */
  #renewAt(certPem: string, seed: string): Date {
    if (this.#bundle !== undefined && !chainsTo(certPem, this.#bundle)) return new Date(0);
    const byAge = renewalTime(readCertificate(certPem), seed);
    const superseded = this.#o.source.supersededAt(certPem);
    if (superseded === undefined) return byAge;
    const spread = fraction(seed) * this.#o.distributionSeconds * 1000;
    return new Date(Math.min(byAge.getTime(), superseded.getTime() + spread));
  }

  #report(problem: string | undefined): void {
    const changed = this.#problem !== problem;
    this.#problem = problem;
    if (changed) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #now(): Date {
    return new Date(this.#o.clock.now());
  }

  *#expiries(): Generator<readonly ['authority' | 'gateway' | 'operator', Date]> {
    for (const [name, { notAfter, seenAt }] of this.#gatewayEnds) {
      // Every gateway is looked at each minute: this one is no more, or its tenant has not been for an hour.
      if (this.#o.clock.now() - seenAt > FORGOTTEN_MS) this.#gatewayEnds.delete(name);
      else yield ['gateway', notAfter];
    }
    if (this.#operator !== undefined) {
      yield ['operator', readCertificate(this.#operator.certificate).notAfter];
    }
    const own = this.#o.source.authorityNotAfter;
    if (own !== undefined) yield ['authority', own];
    else for (const pem of this.#named) yield ['authority', readCertificate(pem).notAfter];
  }
}
