// The Secret with a role's DSN: what workers or a gateway mount, and the only place where the password is. Pure.
import type { Live, OwnerReference, Secret } from '../../../src/kube/index.ts';
import { roleOfUrl, urlForRole } from '../../../src/store/dsn.ts';
import { loginName, type Turn } from '../../../src/store/roles/specification.ts';
import { secretData, secretText } from '../../certificates/secrets.ts';

/** The DSN; what a pod mounts of it. */
export const URL_KEY = 'url';
/** Since when the password is used, RFC 3339. */
export const ISSUED_AT_KEY = 'issued-at';

export interface CredentialPlace {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner?: OwnerReference;
}

export interface HeldCredential {
  readonly turn: Turn;
  readonly issuedAt: Date | undefined;
  readonly url: string;
  /** The same with the address of now. */
  readonly currentUrl: string;
}

/** @param baseUrl the administrator's DSN */
export function readCredential(
  secret: Live<Secret> | undefined,
  stem: string,
  baseUrl: string,
): HeldCredential | undefined {
  const url = secretText(secret, URL_KEY);
  if (url === undefined || URL.parse(url) === null) return undefined;
  const held = roleOfUrl(url);
  const turn = (['a', 'b'] as const).find((one) => loginName(stem, one) === held?.role);
  if (held === undefined || turn === undefined || held.password === '') return undefined;
  const issuedAt = new Date(secretText(secret, ISSUED_AT_KEY) ?? '');
  return {
    turn,
    url,
    currentUrl: urlForRole(baseUrl, held.role, held.password),
    issuedAt: Number.isNaN(issuedAt.getTime()) ? undefined : issuedAt,
  };
}

export function credentialSecret(place: CredentialPlace, url: string, issuedAt: Date): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: place.name,
      namespace: place.namespace,
      labels: { ...place.labels },
      ...(place.owner === undefined ? {} : { ownerReferences: [place.owner] }),
    },
    type: 'Opaque',
    data: secretData({ [URL_KEY]: url, [ISSUED_AT_KEY]: issuedAt.toISOString() }),
  };
}
