// The built-in certificate authority as the operator keeps it: in the Secret skald-ca of the system namespace, made
// once, adopted ever after. It also makes the gateways' server certificates and the operator's own.
import {
  CA_SECRET,
  fieldManagers,
  type GatewayPlace,
  gatewayName,
  gatewayNamespace,
  gatewayTlsSecretName,
  labels,
  MANAGED_BY,
  slotPlace,
} from '../../src/api/index.ts';
import {
  Applier,
  type Client,
  type Clock,
  isAlreadyExists,
  type Live,
  type Logger,
  type Secret,
  secrets,
} from '../../src/kube/index.ts';
import { CertificateAuthority, readCertificate, renewalTime } from '../../src/pki/ca.ts';
import {
  gatewayDnsNames,
  gatewayId,
  operatorId,
  type TrustDomain,
  workerId,
} from '../../src/rpc/identity.ts';
import type { PemIdentity } from '../../src/rpc/pem-identity.ts';
import type { CertificateIssuer, WorkerCertificate, WorkerCertificateRequest } from './issuer.ts';
import { secretData, secretText } from './secrets.ts';

/** How often Secrets that somebody changed are looked for, and how soon a fault is tried again. */
const CHECK_INTERVAL_MS = 60_000;
const RETRY_INTERVAL_MS = 2_000;
const OPERATOR_CERTIFICATE_SECONDS = 24 * 3600;

export interface BuiltInAuthorityOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
  readonly trustDomain: TrustDomain;
  readonly gatewaySlots: number;
  readonly gatewayCertificateSeconds: number;
}

/** What a Tenant's condition CertificatesReady says. */
export type CertificatesState =
  | { readonly ready: true }
  | { readonly ready: false; readonly message: string };

export class BuiltInAuthority implements CertificateIssuer {
  readonly trustDomain: TrustDomain;
  readonly #options: BuiltInAuthorityOptions;
  readonly #applier: Applier;
  #authority: CertificateAuthority | undefined;
  #operator: (PemIdentity & { readonly renewAt: Date }) | undefined;
  readonly #firstRound = Promise.withResolvers<void>();
  #problem = 'The certificate authority is not there yet.';

  constructor(options: BuiltInAuthorityOptions) {
    this.#options = options;
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
    this.trustDomain = options.trustDomain;
  }

  /** Keeps everything in order until the signal aborts. For the leader only: two would make two authorities. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      let pause = CHECK_INTERVAL_MS;
      try {
        await this.ensure(signal);
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
    return this.#authority === undefined ? { ready: false, message: this.#problem } : { ready: true };
  }

  /** One round: the authority, the operator's certificate, each gateway's. Idempotent. */
  async ensure(signal?: AbortSignal): Promise<void> {
    const authority = await this.#ensureAuthority(signal);
    await this.#ensureOperator(authority);
    const slots = Array.from({ length: this.#options.gatewaySlots }, (_, slot) => slot);
    await Promise.all(slots.map((slot) => this.#ensureGateway(authority, slotPlace(slot), signal)));
    this.#authority = authority;
  }

  /** The certificate of a tenant's own gateway, in the tenant's namespace. Idempotent. */
  async ensureGateway(place: GatewayPlace, signal?: AbortSignal): Promise<void> {
    const authority = this.#authority ?? (await this.#ensureAuthority(signal));
    await this.#ensureGateway(authority, place, signal);
  }

  async issueWorker(request: WorkerCertificateRequest): Promise<WorkerCertificate> {
    // The leader's first sessions may come before its first round is done.
    const authority = this.#authority ?? (await this.#ensureAuthority(request.signal));
    const issued = await authority.issue({
      uriSans: [workerId(this.trustDomain, request.namespace, request.jobName)],
      lifetimeSeconds: request.lifetimeSeconds,
      usages: ['client'],
      notBefore: this.#notBefore(),
    });
    return {
      certPem: issued.certPem,
      keyPem: issued.keyPem,
      caPem: authority.certPem,
      notAfter: issued.notAfter,
    };
  }

  async authorityPem(signal?: AbortSignal): Promise<string> {
    return (this.#authority ?? (await this.#ensureAuthority(signal))).certPem;
  }

  /** The operator's client certificate for the gateways' StatusService; undefined until the first round is done. */
  operatorIdentity(): PemIdentity | undefined {
    return this.#operator;
  }

  async #ensureAuthority(signal: AbortSignal | undefined): Promise<CertificateAuthority> {
    const { client, systemNamespace, log } = this.#options;
    const key = { namespace: systemNamespace, name: CA_SECRET };
    let secret = await client.find(secrets, key, { signal });
    if (secret === undefined) {
      const made = await CertificateAuthority.create({ commonName: `Skald ${this.trustDomain}` });
      const data = secretData({ 'tls.crt': made.certPem, 'tls.key': made.keyPem });
      try {
        secret = await client.create(secrets, this.#secret(key, data), {
          fieldManager: fieldManagers.controller,
          signal,
        });
        log.info({ secretName: CA_SECRET }, 'Made a certificate authority');
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        secret = await client.get(secrets, key, { signal });
      }
    }
    const certPem = secretText(secret, 'tls.crt');
    const keyPem = secretText(secret, 'tls.key');
    if (certPem === undefined || keyPem === undefined) {
      throw new Error(
        `Secret ${systemNamespace}/${CA_SECRET} must hold the keys tls.crt and tls.key; delete it to get a new authority`,
      );
    }
    if (this.#authority?.certPem.trim() === certPem.trim()) return this.#authority;
    return CertificateAuthority.load({ certPem, keyPem });
  }

  async #ensureOperator(authority: CertificateAuthority): Promise<void> {
    const current = this.#operator;
    const fresh = current !== undefined && current.renewAt.getTime() > this.#options.clock.now();
    if (fresh && current.authority === authority.certPem) return;
    const issued = await authority.issue({
      uriSans: [operatorId(this.trustDomain)],
      lifetimeSeconds: OPERATOR_CERTIFICATE_SECONDS,
      usages: ['client'],
      notBefore: this.#notBefore(),
    });
    this.#operator = {
      certificate: issued.certPem,
      privateKey: issued.keyPem,
      authority: authority.certPem,
      renewAt: renewalTime(issued),
    };
  }

  async #ensureGateway(
    authority: CertificateAuthority,
    place: GatewayPlace,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { client, systemNamespace, gatewayCertificateSeconds, log } = this.#options;
    const name = gatewayTlsSecretName(place);
    const namespace = gatewayNamespace(place, systemNamespace);
    const secret = await client.find(secrets, { namespace, name }, { signal });
    const why = this.#renewalReason(secret, authority, place);
    if (why === undefined) return;
    const issued = await authority.issue({
      uriSans: [gatewayId(this.trustDomain, place)],
      dnsSans: [
        ...gatewayDnsNames(place, systemNamespace),
        ...(place.kind === 'slot' ? [gatewayName(place)] : []),
      ],
      lifetimeSeconds: gatewayCertificateSeconds,
      // The server's certificate also identifies a gateway when it dials another one.
      usages: ['server', 'client'],
      notBefore: this.#notBefore(),
    });
    const data = secretData({
      'tls.crt': issued.certPem,
      'tls.key': issued.keyPem,
      'ca.crt': authority.certPem,
    });
    const wanted = {
      ...this.#secret({ namespace, name }, data),
      ...(secret?.type === undefined ? {} : { type: secret.type }),
    };
    await this.#applier.apply(secrets, wanted, { live: secret, signal });
    log.info({ namespace, secretName: name, why, notAfter: issued.notAfter }, 'Issued a gateway certificate');
  }

  /** Undefined when the certificate in the Secret is good for now. */
  #renewalReason(
    secret: Live<Secret> | undefined,
    authority: CertificateAuthority,
    place: GatewayPlace,
  ): string | undefined {
    const certPem = secretText(secret, 'tls.crt');
    if (certPem === undefined || secretText(secret, 'tls.key') === undefined) return 'missing';
    if (secretText(secret, 'ca.crt')?.trim() !== authority.certPem.trim()) return 'another authority';
    try {
      const certificate = readCertificate(certPem);
      if (!certificate.issuedBy(authority.certPem)) return 'another issuer';
      if (!certificate.uriSans.includes(gatewayId(this.trustDomain, place))) return 'another identity';
      if (renewalTime(certificate).getTime() <= this.#options.clock.now()) return 'due';
      return undefined;
    } catch {
      return 'unreadable';
    }
  }

  #secret({ namespace, name }: { namespace: string; name: string }, data: Record<string, string>): Secret {
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace,
        labels: { [labels.managedBy]: MANAGED_BY, [labels.component]: 'controller' },
      },
      type: 'kubernetes.io/tls',
      data,
    };
  }

  #notBefore(): Date {
    return new Date(this.#options.clock.now() - 60_000);
  }
}
