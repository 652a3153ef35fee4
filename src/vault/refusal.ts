// An answer of Vault that is no success, as an error. Vault's own sentences can repeat what was sent, so they are
// recognised here and never passed on.
import { VaultError, type VaultErrorKind } from './vault-error.ts';

export interface RefusedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The answer's body, parsed; undefined when it was no JSON. */
  readonly body: unknown;
}

const KINDS: Readonly<Record<number, VaultErrorKind>> = {
  400: 'invalid',
  401: 'denied',
  403: 'denied',
  404: 'not-found',
  405: 'invalid',
  // A read that must see an earlier write, on a standby that has not got it yet.
  412: 'unreachable',
  413: 'invalid',
  // A rate-limit quota.
  429: 'unreachable',
  472: 'unreachable',
  473: 'unreachable',
  503: 'sealed',
};

const WORDS: Readonly<Record<number, string>> = {
  400: 'Vault refuses the request',
  401: 'permission denied',
  403: 'permission denied',
  404: 'nothing is there',
  405: 'Vault does not do this on that path',
  412: 'this Vault server has not caught up yet',
  413: 'the request is too large for Vault',
  429: 'too many requests: a rate-limit quota of Vault is used up',
  472: 'this Vault server is a disaster-recovery secondary, which answers nothing',
  473: 'this Vault server is a performance standby, which cannot answer this',
  503: 'Vault is sealed or has no active server',
};

type Explanation = readonly [fragment: RegExp, says: string, kind?: VaultErrorKind];

/** What Vault says, recognised by a fragment, and what we say of it. The first match counts. */
const EXPLANATIONS: readonly Explanation[] = [
  [/vault is sealed/i, 'Vault is sealed', 'sealed'],
  [/no handler for route|unsupported path/i, 'nothing is mounted at this path', 'not-found'],
  [/encryption key not found/i, 'there is no such Transit key', 'not-found'],
  [/message authentication failed/i, 'the ciphertext does not belong to this Transit key'],
  [
    /disallowed by policy|too old/i,
    'the ciphertext is of a version that is older than the oldest allowed version of its key',
  ],
  [/invalid ciphertext/i, 'the text is no Transit ciphertext of this key'],
  [/not allowed by this role|not valid for the role/i, 'the PKI role does not allow these names'],
  [/certificate .*not found/i, 'there is no certificate of this serial number', 'not-found'],
  [/keys of (length|type)|key type|key_bits/i, 'the PKI role does not allow this kind of key'],
  [/no default issuer|unable to find (a )?(pki )?issuer/i, 'the PKI mount has no certificate authority'],
];

/** The same of logins. Whatever is wrong with one, it is a refusal. */
const LOGIN_EXPLANATIONS: readonly Explanation[] = [
  [/vault is sealed/i, 'Vault is sealed', 'sealed'],
  [/no handler for route|could not load configuration/i, 'there is no auth method, or it knows no keys'],
  [/role .*could not be found|invalid role name|unknown role/i, 'there is no such role'],
  [/audience/i, "the role expects another audience in the service account's token"],
  [/expired|expiration/i, "the service account's token has expired"],
  [/claim|subject|not authorized/i, 'the role does not admit this service account'],
  [/error validating|verif|malformed|parse/i, "the service account's token could not be verified"],
];

export function refusal({ method, path, status, body }: RefusedAnswer): VaultError {
  const said = sentencesOf(body);
  const login = /(^|\/)login$/.test(path);
  const known = (login ? LOGIN_EXPLANATIONS : EXPLANATIONS).find(([fragment]) =>
    said.some((sentence) => fragment.test(sentence)),
  );
  // 5xx and redirects that lead nowhere: the fault is Vault's or of what stands before it.
  const usual = KINDS[status] ?? (status >= 300 && status < 500 ? 'invalid' : 'unreachable');
  const kind = known?.[2] ?? (login && (usual === 'invalid' || usual === 'not-found') ? 'denied' : usual);
  const words = known?.[1] ?? WORDS[status] ?? 'Vault could not do it';
  return new VaultError(kind, `Vault: ${method} ${path}: ${words} (HTTP ${status})`, status);
}

/** Older versions do not say so: there a dead token and a missing permission look the same. */
export function saysTokenIsInvalid(body: unknown): boolean {
  return sentencesOf(body).some((sentence) => /invalid token|bad token/i.test(sentence));
}

function sentencesOf(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors))
    return [];
  return body.errors.filter((item): item is string => typeof item === 'string');
}
