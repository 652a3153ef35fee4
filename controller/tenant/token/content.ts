// What the Secret with the bot token holds: pure. The token itself leaves this file only towards Vault.
import type { Live, Secret } from '../../../src/kube/index.ts';
import { ciphertextVersion } from '../../../src/vault/transit.ts';

/** Without any secret: it may be kept and compared. */
export type TokenContent =
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'plaintext'; readonly immutable: boolean }
  | {
      readonly kind: 'ciphertext';
      /** Of the Transit key. */
      readonly version: number;
      readonly immutable: boolean;
      /** Annotations with a token in them that is no ciphertext. */
      readonly exposedIn: readonly string[];
    };

export type TokenSecret = Pick<Live<Secret>, 'data' | 'immutable' | 'metadata'>;

export function tokenContent(secret: TokenSecret, key: string): TokenContent {
  const token = tokenIn(secret, key);
  if (token === undefined) return missing(`The Secret ${secret.metadata.name} has no key ${key}.`);
  if (token === '') return missing(`The key ${key} of the Secret ${secret.metadata.name} is empty.`);
  const immutable = secret.immutable === true;
  const version = ciphertextVersion(token);
  if (version === undefined) return { kind: 'plaintext', immutable };
  return { kind: 'ciphertext', version, immutable, exposedIn: exposedIn(secret, key) };
}

/** Secret, when it is no ciphertext. Line ends and spaces around it are not part of it. */
export function tokenIn({ data }: Pick<Secret, 'data'>, key: string): string | undefined {
  const encoded = data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').trim();
}

/**
 * The Secret with this ciphertext under the key. Annotations that repeat the manifest (kubectl apply's
 * `last-applied-configuration`, kapp's `original`) get it as well; one that holds the plaintext otherwise is dropped.
 * Everything else stays as it is.
 */
export function withCiphertext<T extends TokenSecret>(secret: T, key: string, ciphertext: string): T {
  const encoded = Buffer.from(ciphertext).toString('base64');
  const annotations = cleanAnnotations(secret, key, ciphertext);
  return {
    ...secret,
    metadata: { ...secret.metadata, ...(annotations === undefined ? {} : { annotations }) },
    data: { ...secret.data, [key]: encoded },
  };
}

/** Names of the annotations that hold a token in plaintext. */
export function exposedIn(secret: TokenSecret, key: string): string[] {
  const marks = marksOf(secret, key);
  return Object.entries(secret.metadata.annotations ?? {})
    .filter(([, text]) => isExposed(text, key, marks))
    .map(([name]) => name);
}

/** Who wrote the key last, as the API server notes it; undefined when it does not say. */
export function writerOf({ metadata }: Pick<Live, 'metadata'>, key: string): string | undefined {
  return metadata.managedFields?.find(({ fieldsV1 }) => hasField(fieldsV1, 'f:data', `f:${key}`))?.manager;
}

function cleanAnnotations(
  secret: TokenSecret,
  key: string,
  ciphertext: string,
): Record<string, string> | undefined {
  const { annotations } = secret.metadata;
  if (annotations === undefined) return undefined;
  const marks = marksOf(secret, key);
  return Object.fromEntries(
    Object.entries(annotations).flatMap(([name, text]) => {
      if (!isExposed(text, key, marks)) return [[name, text] as const];
      const manifest = manifestIn(text);
      if (manifest === undefined) return [];
      const clean = JSON.stringify(replaced(manifest, key, ciphertext));
      // kubectl ends it with a line end.
      return isExposed(clean, key, marks)
        ? []
        : [[name, text.endsWith('\n') ? `${clean}\n` : clean] as const];
    }),
  );
}

function isExposed(text: string, key: string, marks: readonly string[]): boolean {
  if (marks.some((mark) => text.includes(mark))) return true;
  const manifest = manifestIn(text);
  const { data, stringData } = manifest ?? {};
  const decoded = textAt(data, key);
  const plain = [decoded === undefined ? undefined : decode(decoded), textAt(stringData, key)];
  return plain.some((token) => token !== undefined && token !== '' && !isSealed(token));
}

/** What must not appear anywhere: a plaintext token, and how `data` spells it. */
function marksOf(secret: TokenSecret, key: string): string[] {
  const token = tokenIn(secret, key);
  if (token === undefined || token === '' || isSealed(token)) return [];
  return [token, secret.data?.[key] ?? token];
}

type Manifest = Readonly<Record<string, unknown>>;

function manifestIn(text: string): Manifest | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function replaced(manifest: Manifest, key: string, ciphertext: string): Manifest {
  const { data, stringData } = manifest;
  const inData = textAt(data, key) !== undefined && isManifest(data);
  const inStringData = textAt(stringData, key) !== undefined && isManifest(stringData);
  return {
    ...manifest,
    ...(inData ? { data: { ...data, [key]: Buffer.from(ciphertext).toString('base64') } } : {}),
    ...(inStringData ? { stringData: { ...stringData, [key]: ciphertext } } : {}),
  };
}

function isSealed(token: string): boolean {
  return ciphertextVersion(token) !== undefined;
}

function decode(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8').trim();
}

function textAt(fields: unknown, key: string): string | undefined {
  const value = isManifest(fields) ? fields[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function hasField(fields: unknown, ...path: readonly string[]): boolean {
  let at: unknown = fields;
  for (const step of path) at = isManifest(at) ? at[step] : undefined;
  return at !== undefined;
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(message: string): TokenContent {
  return { kind: 'missing', message };
}
