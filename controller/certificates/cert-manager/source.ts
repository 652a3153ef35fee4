// cert-manager: it makes the keys and has its issuer sign; the operator asks by Certificate objects and waits for the
// Secrets. All of them are in the operator's own namespace (ADR 0017): so the issuer can be one that nobody else may
// use, and no tenant sees another copy of a key.
import { fieldManagers, labels } from '../../../src/api/index.ts';
import {
  type Client,
  type Clock,
  covers,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Live,
  type Logger,
  metadataOf,
  secrets,
} from '../../../src/kube/index.ts';
import { splitPem } from '../../../src/pki/bundle.ts';
import { readCertificate } from '../../../src/pki/ca.ts';
import { parseIdentity, type TrustDomain } from '../../../src/rpc/identity.ts';
import { secretText } from '../secrets.ts';
import type { CertificateSettings } from '../settings.ts';
import type { CertificateSource, Leaf, LeafRequest } from '../source.ts';
import { certificateFor, certificateName, hashOf, leafIn, pendingReason, refusalOf } from './objects.ts';
import { type Certificate, certificateLabels, certificateRequests, certificates } from './resources.ts';
import { waitFor } from './wait-for.ts';

/** A Certificate whose worker has no Job yet, or has none any more, is left alone for so long. */
const ORPHAN_GRACE_MS = 10 * 60_000;
const OURS = `${labels.component}=certificate`;

export interface CertManagerSourceOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
  readonly trustDomain: TrustDomain;
  readonly issuer: CertificateSettings['certManager'];
  /** Whether the worker's Job is there. */
  readonly hasJob: (namespace: string, jobName: string) => boolean;
}

export class CertManagerSource implements CertificateSource {
  readonly name = 'cert-manager';
  readonly #o: CertManagerSourceOptions;

  constructor(options: CertManagerSourceOptions) {
    this.#o = options;
  }

  /** Whom the issuer says to trust is in the Secrets that it wrote; before the first it is not known. */
  async prepare(signal?: AbortSignal): Promise<readonly string[]> {
    const { client, systemNamespace: namespace } = this.#o;
    const labelSelector = `${OURS},${certificateLabels.kind} in (gateway,operator)`;
    const [written] = await Promise.all([
      client.listAll(secrets, { namespace, labelSelector, signal }),
      this.#sweep(signal),
    ]);
    return [...new Set(written.flatMap((secret) => splitPem(secretText(secret, 'ca.crt') ?? '')))];
  }

  async issue(request: LeafRequest, signal?: AbortSignal): Promise<Leaf> {
    const { issuer, log } = this.#o;
    const name = certificateName(request.kind, request.place);
    const live = await this.#ask(request, signal);
    const over = new AbortController();
    const timeout = AbortSignal.timeout(issuer.timeoutSeconds * 1000);
    const ending = AbortSignal.any([over.signal, timeout, ...(signal === undefined ? [] : [signal])]);
    const refused = this.#refusal(name, live, ending);
    refused.catch(() => {});
    try {
      return await Promise.race([this.#written(request, name, ending), refused]);
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) throw new Error(await this.#lateness(name, live, signal));
      if (error instanceof Refused) {
        log.warn({ certificate: name, why: error.message }, 'cert-manager refused a certificate');
        // cert-manager itself would try again after an hour; a new object is tried at once.
        await this.#remove(name, signal);
      }
      throw error;
    } finally {
      over.abort();
    }
  }

  /** cert-manager does not issue again because its authority changed; nor does Skald. */
  supersededAt(): undefined {}

  /** cert-manager's issuers revoke nothing. What is left of the worker's certificate goes, with its key. */
  async revoke(certPem: string, signal?: AbortSignal): Promise<void> {
    const [uri = ''] = readCertificate(certPem).uriSans;
    const identity = parseIdentity(uri, this.#o.trustDomain);
    if (identity?.kind !== 'worker') return;
    const { namespace, jobName } = identity;
    await this.#remove(certificateName('worker', { namespace, name: jobName }), signal);
  }

  /** Created, or brought to what is wanted now; cert-manager writes to it at the same time. */
  async #ask(
    request: LeafRequest,
    signal: AbortSignal | undefined,
    attempts = 5,
  ): Promise<Live<Certificate>> {
    const { client, systemNamespace: namespace, issuer } = this.#o;
    const wanted = certificateFor(request, namespace, issuer);
    const key = { namespace, name: certificateName(request.kind, request.place) };
    const options = { fieldManager: fieldManagers.controller, signal };
    const live = await client.find(certificates, key, { signal });
    if (live === undefined) {
      try {
        return await client.create(certificates, wanted, options);
      } catch (error) {
        if (isAlreadyExists(error)) return client.get(certificates, key, { signal });
        if (!isNotFound(error)) throw error;
        throw new Error(
          'cert-manager is not installed: the API server knows no certificates.cert-manager.io',
        );
      }
    }
    if (covers(wanted, live)) return live;
    const { uid, resourceVersion } = live.metadata;
    const merge = { metadata: { uid, resourceVersion, labels: wanted.metadata?.labels }, spec: wanted.spec };
    try {
      return await client.patch(certificates, key, { merge }, options);
    } catch (error) {
      // cert-manager has written to it since: its status, not what is asked for.
      if (!isConflict(error) || attempts === 1) throw error;
      return this.#ask(request, signal, attempts - 1);
    }
  }

  #written(request: LeafRequest, name: string, signal: AbortSignal): Promise<Leaf> {
    const { client, clock, systemNamespace: namespace } = this.#o;
    const where = { namespace, fieldSelector: `metadata.name=${name}` };
    return waitFor(client, secrets, where, (secret) => leafIn(secret, request, clock.now()), signal);
  }

  #refusal(name: string, { metadata: { uid } }: Live<Certificate>, signal: AbortSignal): Promise<never> {
    const { client, systemNamespace: namespace } = this.#o;
    const where = { namespace, labelSelector: `${certificateLabels.hash}=${hashOf(name)}` };
    return waitFor<object, never>(
      client,
      certificateRequests,
      where,
      (one: Live) => {
        const why = one.metadata.ownerReferences?.some((owner) => owner.uid === uid) && refusalOf(one);
        if (why) throw new Refused(`cert-manager refused the certificate ${name}: ${why}`);
        return undefined;
      },
      signal,
    );
  }

  /** Why it takes so long, as far as cert-manager says. */
  async #lateness(
    name: string,
    { metadata: { uid } }: Live<Certificate>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { client, systemNamespace: namespace, issuer } = this.#o;
    const labelSelector = `${certificateLabels.hash}=${hashOf(name)}`;
    const requests = await client.listAll(certificateRequests, { namespace, labelSelector, signal });
    const own = requests.filter((one) => one.metadata.ownerReferences?.some((owner) => owner.uid === uid));
    const why = own.map(pendingReason).find((reason) => reason !== undefined);
    const waited = `cert-manager has not issued ${namespace}/${name} within ${issuer.timeoutSeconds} s`;
    if (why !== undefined) return `${waited}: ${why}`;
    return own.length === 0
      ? `${waited}: there is no CertificateRequest. Does its controller run?`
      : `${waited}: nobody has approved or signed its CertificateRequest`;
  }

  async #remove(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { client, systemNamespace: namespace } = this.#o;
    // The Certificate first, or its Secret would be written again.
    await client.deleteCurrent(certificates, { namespace, name }, { signal });
    await client.deleteCurrent(secrets, { namespace, name }, { signal });
  }

  /**
   * What an operator left that died between a session's end and its certificate's, and Secrets that cert-manager wrote
   * while their Certificate was being deleted. The Secrets are listed first: one without a Certificate then has lost it.
   */
  async #sweep(signal: AbortSignal | undefined): Promise<void> {
    const { client, clock, log, hasJob, systemNamespace: namespace } = this.#o;
    const where = { namespace, labelSelector: `${OURS},${certificateLabels.kind}=worker`, signal };
    const written = await client.listAll(metadataOf(secrets), where);
    const asked = await client.listAll(metadataOf(certificates), where).catch((error: unknown) => {
      if (isNotFound(error)) return [];
      throw error;
    });
    const orphans = asked.filter(({ metadata: { labels: own = {}, creationTimestamp = '' } }) => {
      const [tenant = '', job = ''] = [own[certificateLabels.namespace], own[certificateLabels.job]];
      return clock.now() - Date.parse(creationTimestamp) >= ORPHAN_GRACE_MS && !hasJob(tenant, job);
    });
    const known = new Set(asked.map(({ metadata }) => metadata.name));
    const left = written.filter(({ metadata }) => !known.has(metadata.name));
    for (const { metadata } of [...orphans, ...left]) {
      log.info({ certificate: metadata.name }, 'Removing what is left of the certificate of a worker');
      await this.#remove(metadata.name, signal);
    }
  }
}

class Refused extends Error {}
