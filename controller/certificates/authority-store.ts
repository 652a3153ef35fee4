// Keeps whom peers trust in the Secret skald-authorities of the system namespace. Nothing in it is secret, but it decides who
// is trusted, and Secrets there are what nobody else may write.
import { z } from 'zod';
import { AUTHORITIES_SECRET, fieldManagers, labels, MANAGED_BY } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Live,
  type Logger,
  type Secret,
  secrets,
} from '../../src/kube/index.ts';
import { joinPem } from '../../src/pki/bundle.ts';
import { type KnownAuthority, rememberAuthorities, sameAuthorities } from './history.ts';
import { secretData, secretText } from './secrets.ts';
import type { SourceName } from './source.ts';

const KEY = 'authorities.json';

const schema = z.array(
  z.object({
    certPem: z.string(),
    source: z.enum(['builtin', 'vault', 'cert-manager']),
    goneSince: z.iso
      .datetime()
      .transform((text) => new Date(text))
      .optional(),
  }),
);

export interface AuthorityStoreOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
  readonly source: SourceName;
  /** The longest life of a certificate. */
  readonly keepSeconds: number;
}

export class AuthorityStore {
  readonly #o: AuthorityStoreOptions;

  constructor(options: AuthorityStoreOptions) {
    this.#o = options;
  }

  /**
   * The bundle: whom the source names now, and whom it named before as long as that matters. Written before it is used.
   * @throws Error that says what to do when the Secret cannot be read
   */
  async bundle(named: readonly string[], signal?: AbortSignal): Promise<string> {
    const { client, clock, log, systemNamespace, source, keepSeconds } = this.#o;
    const key = { namespace: systemNamespace, name: AUTHORITIES_SECRET };
    const secret = await client.find(secrets, key, { signal });
    const known = read(secret);
    const facts = { now: new Date(clock.now()), source, named, keepSeconds };
    const wanted = rememberAuthorities(known, facts);
    if (secret === undefined || !sameAuthorities(known, wanted)) {
      await this.#write(secret, wanted, signal);
      const gone = wanted.filter(({ goneSince }) => goneSince !== undefined).length;
      log.info(
        { trusted: wanted.length, namedNoMore: gone, source },
        'The authorities that peers trust changed',
      );
    }
    return joinPem(wanted.map(({ certPem }) => certPem));
  }

  async #write(
    live: Live<Secret> | undefined,
    authorities: readonly KnownAuthority[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { client, systemNamespace: namespace } = this.#o;
    const data = secretData({ [KEY]: JSON.stringify(authorities) });
    const options = { fieldManager: fieldManagers.controller, signal };
    if (live !== undefined) {
      await client.update(secrets, { ...live, data }, options);
      return;
    }
    const own = { [labels.managedBy]: MANAGED_BY, [labels.component]: 'controller' };
    await client.create(
      secrets,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace, name: AUTHORITIES_SECRET, labels: own },
        type: 'Opaque',
        data,
      },
      options,
    );
  }
}

function read(secret: Live<Secret> | undefined): readonly KnownAuthority[] {
  const text = secretText(secret, KEY);
  if (text === undefined) return [];
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `Secret ${secret?.metadata.namespace}/${secret?.metadata.name}: ${KEY} cannot be read. Delete the Secret: it is made ` +
        'again from whom the issuer names now, and certificates of earlier authorities are refused',
    );
  }
}
