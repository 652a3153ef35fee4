// The built-in certificate authority: for clusters without Vault or cert-manager. Its key is in the Secret skald-ca of
// the system namespace; what is done with it follows from that Secret alone (rotation.ts).
import { CA_SECRET, fieldManagers } from '../../../src/api/index.ts';
import {
  type Clock,
  isAlreadyExists,
  type Live,
  type Logger,
  type Secret,
  secrets,
} from '../../../src/kube/index.ts';
import { chainsTo, joinPem, sameBundle, splitPem } from '../../../src/pki/bundle.ts';
import { CertificateAuthority, readCertificate } from '../../../src/pki/ca.ts';
import { gatewayHolders, type Holder, type HoldersOptions, listHolders } from '../holders.ts';
import { type CertificateSource, type Leaf, type LeafRequest, usagesOf } from '../source.ts';
import {
  isOurs,
  newAuthoritySecret,
  readAuthorityState,
  requestOf,
  withoutRequest,
  writeAuthorityState,
} from './ca-secret.ts';
import {
  type AuthorityState,
  nextRotationStep,
  type RotationFacts,
  type RotationStep,
  rotationPhase,
  takeRotationStep,
  trustedAuthorities,
} from './rotation.ts';

/** Certificates begin this much in the past, for peers whose clock is behind. */
const CLOCK_SKEW_SECONDS = 60;
/** How often what a rotation waits for is looked at, at most and at least. */
const LOOK_MS = { least: 200, most: 10_000 };

export interface BuiltInSourceOptions extends HoldersOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly trustDomain: string;
  readonly authoritySeconds: number;
  readonly distributionSeconds: number;
  /** The longest life that certificates are given. */
  readonly leafSeconds: number;
  /** Told of what happens to the authority. */
  readonly onEvent?: (event: AuthorityEvent) => void;
}

export interface AuthorityEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
  readonly secret: Live<Secret>;
}

interface Known {
  readonly state: AuthorityState;
  readonly signer: CertificateAuthority;
  readonly secret: Live<Secret>;
}

export class BuiltInSource implements CertificateSource {
  readonly name = 'builtin';
  readonly #o: BuiltInSourceOptions;
  #known: Known | undefined;
  #lacking = 0;

  constructor(options: BuiltInSourceOptions) {
    this.#o = options;
  }

  async prepare(signal?: AbortSignal): Promise<readonly string[]> {
    await this.#adopt(await this.#find(signal));
    // Each step is one write; usually there is none.
    while (await this.#step(signal)) signal?.throwIfAborted();
    return trustedAuthorities(this.#ready().state).map((pem) => joinPem([pem]));
  }

  async issue(request: LeafRequest, signal?: AbortSignal): Promise<Leaf> {
    const { clock } = this.#o;
    if (request.lifetimeSeconds > this.#ready().state.longestSeconds) {
      // Written down first: how long this authority must be trusted once another one signs.
      await this.#take({ kind: 'lengthen' }, await this.#facts(request.lifetimeSeconds, signal), signal);
    }
    const { signer } = this.#ready();
    const issued = await signer.issue({
      uriSans: [request.uri],
      dnsSans: request.dnsNames ?? [],
      lifetimeSeconds: request.lifetimeSeconds + CLOCK_SKEW_SECONDS,
      usages: usagesOf(request.kind),
      notBefore: new Date(clock.now() - CLOCK_SKEW_SECONDS * 1000),
    });
    return { ...issued, authorities: [joinPem([signer.certPem])] };
  }

  supersededAt(certPem: string): Date | undefined {
    const state = this.#known?.state;
    if (state?.switchedAt === undefined) return undefined;
    return state.previous.some((one) => chainsTo(certPem, one.certPem)) ? state.switchedAt : undefined;
  }

  /** Its certificates are short-lived, and nobody asks it for a list of revoked ones: they expire. */
  async revoke(): Promise<void> {}

  /** When to look again at what the authority waits for; undefined: as usual. */
  get lookAgainMs(): number | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    const waiting = known.state.next !== undefined || requestOf(known.secret) !== undefined;
    if (!waiting) return undefined;
    return Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, this.#o.distributionSeconds * 100));
  }

  /** When the authority that signs ends. */
  get authorityNotAfter(): Date | undefined {
    return this.#known?.signer.notAfter;
  }

  #ready(): Known {
    if (this.#known === undefined) throw new Error('The certificate authority is not there yet.');
    return this.#known;
  }

  async #step(signal: AbortSignal | undefined): Promise<boolean> {
    const { state, secret } = this.#ready();
    const facts = await this.#facts(this.#o.leafSeconds, signal);
    const step = nextRotationStep(state, facts);
    if (step !== undefined) {
      await this.#take(step, facts, signal);
      return true;
    }
    // Nothing is left to finish.
    const done = requestOf(secret) === 'finish' && rotationPhase(state) === 'none';
    if (done) await this.#write(withoutRequest(secret), signal);
    return done;
  }

  async #take(step: RotationStep, facts: RotationFacts, signal: AbortSignal | undefined): Promise<void> {
    const { state, secret } = this.#ready();
    const { trustDomain, authoritySeconds, clock } = this.#o;
    const made =
      step.kind === 'stage' && state.next === undefined
        ? await CertificateAuthority.create({
            commonName: `Skald ${trustDomain}`,
            notBefore: new Date(clock.now() - CLOCK_SKEW_SECONDS * 1000),
            lifetimeSeconds: authoritySeconds + CLOCK_SKEW_SECONDS,
          })
        : undefined;
    const after = takeRotationStep(state, step, facts, made);
    if (step.kind === 'switch' || (step.kind === 'stage' && state.next !== undefined)) {
      // Before it is trusted or signs: somebody may have brought it.
      await CertificateAuthority.load(after.next ?? after.current);
    }
    const written = writeAuthorityState(secret, after);
    const request = requestOf(secret);
    const answered = request === 'start' ? step.kind === 'stage' : step.kind === 'retire';
    await this.#write(request !== undefined && answered ? withoutRequest(written) : written, signal);
    this.#tell(step, after);
  }

  async #write(secret: Secret & Live<Secret>, signal: AbortSignal | undefined): Promise<void> {
    await this.#adopt(
      await this.#o.client.update(secrets, secret, { fieldManager: fieldManagers.controller, signal }),
    );
  }

  async #facts(leafSeconds: number, signal: AbortSignal | undefined): Promise<RotationFacts> {
    const { state, signer, secret } = this.#ready();
    const waiting = state.next !== undefined || state.previous.length > 0;
    const holders = waiting ? await listHolders(this.#o, signal) : [];
    const trusted = joinPem(trustedAuthorities(state));
    const previous = joinPem(state.previous.map(({ certPem }) => certPem));
    return {
      now: new Date(this.#o.clock.now()),
      request: requestOf(secret),
      life: readCertificate(signer.certPem),
      made: isOurs(secret),
      published: this.#all(holders, 'bundle', ({ caPem }) => hasAll(caPem, trusted)),
      reissued: this.#all(holders, 'certificate', ({ certPem }) => !chainsTo(certPem, previous)),
      distributionSeconds: this.#o.distributionSeconds,
      leafSeconds,
    };
  }

  #all(holders: readonly Holder[], what: string, good: (holder: Holder) => boolean): boolean {
    const lacking = holders.filter((holder) => !good(holder));
    if (lacking.length === 0) return true;
    if (lacking.length !== this.#lacking) {
      const some = lacking.slice(0, 5).map(({ name }) => name);
      this.#o.log.info(
        { lacking: lacking.length, some, what },
        'Secrets that are still without the new authority',
      );
    }
    this.#lacking = lacking.length;
    return false;
  }

  #tell(step: RotationStep, after: AuthorityState): void {
    const { log, onEvent } = this.#o;
    const said = WORDS[step.kind];
    if (said === undefined) return;
    log.info({ step: step.kind, phase: rotationPhase(after) }, said.note);
    onEvent?.({ type: 'Normal', ...said, secret: this.#ready().secret });
  }

  async #adopt(secret: Live<Secret>): Promise<void> {
    const state = readAuthorityState(secret);
    const before = this.#known;
    const signer =
      before !== undefined && sameBundle(before.state.current.certPem, state.current.certPem)
        ? before.signer
        : await CertificateAuthority.load(state.current);
    this.#known = { state, signer, secret };
  }

  async #find(signal: AbortSignal | undefined): Promise<Live<Secret>> {
    const { client, systemNamespace, log } = this.#o;
    const key = { namespace: systemNamespace, name: CA_SECRET };
    const found = await client.find(secrets, key, { signal });
    if (found !== undefined) return found;
    const lost = this.#known?.state;
    const state = lost ?? (await this.#newState(signal));
    try {
      const wanted = newAuthoritySecret(systemNamespace, state);
      const secret = await client.create(secrets, wanted, {
        fieldManager: fieldManagers.controller,
        signal,
      });
      const note = lost
        ? 'The Secret with the certificate authority was gone; the operator has put it back from its memory.'
        : 'Made a certificate authority.';
      log[lost ? 'warn' : 'info']({ secretName: CA_SECRET, kept: state.previous.length }, note);
      const type = lost ? 'Warning' : 'Normal';
      this.#o.onEvent?.({ type, reason: lost ? 'AuthorityRestored' : 'AuthorityMade', note, secret });
      return secret;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return client.get(secrets, key, { signal });
    }
  }

  /**
   * Another authority. Whom gateways trust still, because an earlier one was lost with its key, stays in the bundles: what
   * it signed is good until it ends. It is replaced once everybody knows the new one.
   */
  async #newState(signal: AbortSignal | undefined): Promise<AuthorityState> {
    const { clock, trustDomain, authoritySeconds, leafSeconds, distributionSeconds } = this.#o;
    const made = await CertificateAuthority.create({
      commonName: `Skald ${trustDomain}`,
      notBefore: new Date(clock.now() - CLOCK_SKEW_SECONDS * 1000),
      lifetimeSeconds: authoritySeconds + CLOCK_SKEW_SECONDS,
    });
    const holders = await gatewayHolders(this.#o, signal);
    const now = clock.now();
    const previous = splitPem(joinPem(holders.map(({ caPem }) => caPem))).flatMap((certPem) => {
      const until = new Date(Math.min(readCertificate(certPem).notAfter.getTime(), now + leafSeconds * 1000));
      return until.getTime() > now ? [{ certPem, until }] : [];
    });
    return {
      current: { certPem: made.certPem, keyPem: made.keyPem },
      previous,
      ...(previous.length === 0 ? {} : { switchedAt: new Date(now + distributionSeconds * 1000) }),
      longestSeconds: leafSeconds,
    };
  }
}

function hasAll(bundlePem: string, wantedPem: string): boolean {
  const has = new Set(splitPem(bundlePem));
  return splitPem(wantedPem).every((pem) => has.has(pem));
}

const WORDS: Partial<Record<RotationStep['kind'], { reason: string; note: string }>> = {
  stage: {
    reason: 'AuthorityStaged',
    note: 'The next certificate authority is being made known; the present one still signs.',
  },
  published: {
    reason: 'AuthorityPublished',
    note: 'The next certificate authority is in every Secret; it signs once kubelets and programs have read them.',
  },
  switch: {
    reason: 'AuthoritySwitched',
    note: 'The next certificate authority signs; every certificate is replaced.',
  },
  reissued: {
    reason: 'AuthorityReissued',
    note: 'Every certificate is of the new authority; the old one stays trusted until its last certificate could end.',
  },
  retire: {
    reason: 'AuthorityRetired',
    note: 'A certificate authority that signs no more is not trusted any more.',
  },
};
