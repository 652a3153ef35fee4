// The gateways' server certificates: one Secret for each, which its pod mounts.
import {
  fieldManagers,
  type GatewayPlace,
  gatewayName,
  gatewayNamespace,
  gatewayTlsSecretName,
  labels,
  MANAGED_BY,
} from '../../src/api/index.ts';
import {
  Applier,
  type Client,
  type Clock,
  type Live,
  type Logger,
  type Secret,
  secrets,
} from '../../src/kube/index.ts';
import { chainsTo, sameBundle } from '../../src/pki/bundle.ts';
import { readCertificate } from '../../src/pki/ca.ts';
import { renewalTime } from '../../src/pki/renewal.ts';
import { gatewayDnsNames, gatewayId, type TrustDomain } from '../../src/rpc/identity.ts';
import { secretData, secretText } from './secrets.ts';
import type { Leaf, LeafRequest } from './source.ts';

export interface GatewayCertificatesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
  readonly trustDomain: TrustDomain;
  readonly lifetimeSeconds: number;
}

export interface GatewayIssuance {
  issue(request: LeafRequest, signal: AbortSignal | undefined): Promise<Leaf>;
  supersededAt(certPem: string): Date | undefined;
  /** Whom peers trust: what a newly issued certificate brought along is in it. */
  bundle(): string;
}

export class GatewayCertificates {
  readonly #o: GatewayCertificatesOptions;
  readonly #applier: Applier;

  constructor(options: GatewayCertificatesOptions) {
    this.#o = options;
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
  }

  /** Another certificate when one is due; else, when only the bundle has changed, that. @returns when it ends */
  async ensure(place: GatewayPlace, by: GatewayIssuance, signal: AbortSignal | undefined): Promise<Date> {
    const { client, systemNamespace, trustDomain, lifetimeSeconds, log } = this.#o;
    const name = gatewayTlsSecretName(place);
    const namespace = gatewayNamespace(place, systemNamespace);
    const secret = await client.find(secrets, { namespace, name }, { signal });
    const current = usable(secret);
    const why = current === undefined ? 'missing' : this.#renewalReason(current.certPem, place, by);
    if (current !== undefined && why === undefined) {
      if (!sameBundle(secretText(secret, 'ca.crt'), by.bundle())) {
        await this.#write(secret, { namespace, name }, { ...current, caPem: by.bundle() }, signal);
        log.info({ namespace, secretName: name }, 'Wrote a new bundle of authorities for a gateway');
      }
      return readCertificate(current.certPem).notAfter;
    }
    const issued = await by.issue(
      {
        kind: 'gateway',
        uri: gatewayId(trustDomain, place),
        dnsNames: gatewayDnsNames(place, systemNamespace),
        lifetimeSeconds,
        place: { namespace, name },
      },
      signal,
    );
    await this.#write(secret, { namespace, name }, { ...issued, caPem: by.bundle() }, signal);
    const { serial, notAfter } = issued;
    log.info({ namespace, secretName: name, why, serial, notAfter }, 'Issued a gateway certificate');
    return notAfter;
  }

  async #write(
    live: Live<Secret> | undefined,
    key: { readonly namespace: string; readonly name: string },
    content: { readonly certPem: string; readonly keyPem: string; readonly caPem: string },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const wanted: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...key, labels: { [labels.managedBy]: MANAGED_BY, [labels.component]: 'controller' } },
      // Cannot be changed.
      type: live?.type ?? 'kubernetes.io/tls',
      data: secretData({
        'tls.crt': content.certPem,
        'tls.key': content.keyPem,
        'ca.crt': content.caPem,
      }),
    };
    await this.#applier.apply(secrets, wanted, { live, signal });
  }

  /** Undefined when the certificate is good for now. */
  #renewalReason(certPem: string, place: GatewayPlace, by: GatewayIssuance): string | undefined {
    const now = this.#o.clock.now();
    try {
      const certificate = readCertificate(certPem);
      if (!chainsTo(certPem, by.bundle())) return 'another authority';
      if (!certificate.uriSans.includes(gatewayId(this.#o.trustDomain, place))) return 'another identity';
      if ((by.supersededAt(certPem)?.getTime() ?? Infinity) <= now) return 'superseded';
      const seed = `${gatewayNamespace(place, this.#o.systemNamespace)}/${gatewayName(place)}`;
      return renewalTime(certificate, seed).getTime() <= now ? 'due' : undefined;
    } catch {
      return 'unreadable';
    }
  }
}

function usable(secret: Live<Secret> | undefined): { certPem: string; keyPem: string } | undefined {
  const [certPem, keyPem] = [secretText(secret, 'tls.crt'), secretText(secret, 'tls.key')];
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}
