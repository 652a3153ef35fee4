// The effects of a role's password: the database first, then the Secret, so that a Secret never names a password that
// does not work. What an operator that died has left half done is done again by the next.
import { fieldManagers } from '../../../src/api/index.ts';
import { type Client, type Live, type Secret, secrets } from '../../../src/kube/index.ts';
import type { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type CredentialPlace, credentialSecret, readCredential } from './credential-secret.ts';
import { decideCredential } from './decide-credential.ts';

export interface CredentialOptions {
  readonly client: Client;
  readonly administration: DatabaseAdministration;
  readonly now: () => number;
  readonly rotationMs: number;
}

export type CredentialState =
  | 'kept'
  /** There was no Secret, or nothing of use in it. */
  | 'made'
  /** The other login has a new password. */
  | 'rotated'
  /** The database's address has changed. */
  | 'moved'
  /** The password in the Secret did not work; it does now. */
  | 'restored'
  /** The Secret is on its way out. */
  | 'ending'
  /** The Secret is somebody else's. */
  | 'taken';

export interface Credential {
  readonly state: CredentialState;
  /** As the operator's last write left it. */
  readonly secret: Live<Secret> | undefined;
  /** When the password is to be changed. */
  readonly until: Date;
}

export class Credentials {
  readonly #o: CredentialOptions;

  constructor(options: CredentialOptions) {
    this.#o = options;
  }

  /** @throws {StoreError}, or what the API server says: a conflict means that somebody wrote in between. */
  async keep(
    stem: string,
    place: CredentialPlace,
    isOurs: (secret: Live<Secret>) => boolean,
    signal: AbortSignal,
  ): Promise<Credential> {
    const { client, administration, rotationMs } = this.#o;
    const now = new Date(this.#o.now());
    const { namespace, name } = place;
    const live = await client.find(secrets, { namespace, name }, { signal });
    if (live !== undefined && !isOurs(live)) return { state: 'taken', secret: live, until: now };
    if (live?.metadata.deletionTimestamp !== undefined) return { state: 'ending', secret: live, until: now };
    const held = readCredential(live, stem, administration.url);
    const decision = decideCredential({
      now,
      rotationMs,
      held,
      moved: held !== undefined && held.url !== held.currentUrl,
      lastIssued: held === undefined ? await administration.lastIssued(stem) : held.turn,
    });
    if (decision.kind === 'issue' || held === undefined) {
      const turn = decision.kind === 'issue' ? decision.turn : 'a';
      const url = await administration.issue(stem, turn);
      const secret = await this.#write(credentialSecret(place, url, now), live, signal);
      const until = new Date(now.getTime() + rotationMs);
      return { state: held === undefined ? 'made' : 'rotated', secret, until };
    }
    const { until } = decision;
    const works = (await administration.tryLogin(held.currentUrl)) !== 'refused';
    if (!works) await administration.restore(held.currentUrl);
    const wanted = credentialSecret(place, held.currentUrl, held.issuedAt ?? now);
    if (decision.kind === 'keep' && live !== undefined && !isMarked(live, wanted)) {
      return { state: works ? 'kept' : 'restored', secret: await this.#write(wanted, live, signal), until };
    }
    if (decision.kind === 'move') {
      return { state: 'moved', secret: await this.#write(wanted, live, signal), until };
    }
    return { state: works ? 'kept' : 'restored', secret: live, until };
  }

  #write(wanted: Secret, live: Live<Secret> | undefined, signal: AbortSignal): Promise<Live<Secret>> {
    const options = { fieldManager: fieldManagers.controller, signal };
    if (live === undefined) return this.#o.client.create(secrets, wanted, options);
    const { uid, resourceVersion } = live.metadata;
    const metadata = { ...wanted.metadata, uid, resourceVersion };
    return this.#o.client.update(secrets, { ...wanted, metadata }, options);
  }
}

/** Labels and owner are there, by which it is found and goes with its Tenant. */
function isMarked({ metadata }: Live<Secret>, wanted: Secret): boolean {
  const owner = wanted.metadata?.ownerReferences?.[0];
  return (
    Object.entries(wanted.metadata?.labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value) &&
    (owner === undefined || (metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) ?? false))
  );
}
