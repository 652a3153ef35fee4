/**
 * What is looked for: the secrets that are really there. Every value in a Secret is one, but for certificates, and the Secret
 * is its home; what else holds the same value there is no hit either.
 */
export interface Mark {
  /** What it is, e.g. `Secret skald-demo/skald-bot-token token`; printed, unlike the value. */
  readonly what: string;
  readonly value: string;
  /** `namespace/name` of the Secrets that hold it. */
  readonly homes: ReadonlySet<string>;
}

export interface SecretObject {
  readonly type?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Readonly<Record<string, string>>;
}

/** Shorter ones are found by chance, and are no secret that holds. */
const SHORTEST = 12;
/** Public by nature: certificates, and what names things. */
const PUBLIC_KEYS =
  /(^|\.)(crt|cert|pem-bundle)$|^(namespace|username|host|port|database|schema|version|issued-at|service-account\.pub)$/;

export function marksIn(
  secrets: readonly SecretObject[],
  more: Readonly<Record<string, string>> = {},
): Mark[] {
  const found = new Map<string, { what: string; homes: Set<string> }>();
  const add = (value: string, what: string, home?: string): void => {
    if (value.length < SHORTEST) return;
    const known = found.get(value) ?? { what, homes: new Set<string>() };
    if (home !== undefined) known.homes.add(home);
    found.set(value, known);
  };
  for (const { type, metadata, data = {} } of secrets) {
    // Helm keeps its release there: the chart and its values, packed.
    if (type?.startsWith('helm.sh/')) continue;
    const home = `${metadata.namespace ?? ''}/${metadata.name}`;
    for (const [key, encoded] of Object.entries(data)) {
      if (PUBLIC_KEYS.test(key)) continue;
      for (const value of secretsOf(Buffer.from(encoded, 'base64').toString('utf8')))
        add(value, `Secret ${home} ${key}`, home);
    }
  }
  for (const [what, value] of Object.entries(more)) add(value, what);
  return [...found].map(([value, { what, homes }]) => ({ value, what, homes }));
}

/** The part of a value that is secret: of a URL the password, of a PEM a line of the private key. */
export function secretsOf(value: string): string[] {
  const text = value.trim();
  if (text.includes('PRIVATE KEY-----')) {
    const keys = text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----\s+([\s\S]*?)\s*-----END/g);
    // A line from the middle: the first ones say the algorithm, which all keys have in common.
    return [...keys].flatMap(([, body = '']) => {
      const lines = body.split(/\s+/);
      const line = lines[Math.floor(lines.length / 2)];
      return line === undefined ? [] : [line];
    });
  }
  if (text.startsWith('-----BEGIN CERTIFICATE')) return [];
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(text) && URL.canParse(text)) {
    const { password } = new URL(text);
    return password === '' ? [] : [decodeURIComponent(password)];
  }
  return text === '' ? [] : [text];
}

/** Ways in which a secret is written down. */
export const ENCODINGS = ['plain', 'base64', 'hex', 'URL', 'JSON'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What to look for. Base64 at each of three offsets, because the secret may be in the middle of what was encoded. */
export function needlesOf(value: string): [Encoding, string][] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString('hex');
  const all: [Encoding, string][] = [
    ['plain', value],
    ...[0, 1, 2].flatMap((offset): [Encoding, string][] => {
      const padded = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .replaceAll('=', '');
      // What the neighbours have a share in is left out at both ends.
      const inner = padded.slice(
        offset === 0 ? 0 : offset + 1,
        (bytes.length + offset) % 3 === 0 ? undefined : -1,
      );
      return [
        ['base64', inner],
        ['base64', inner.replaceAll('+', '-').replaceAll('/', '_')],
      ];
    }),
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ['URL', encodeURIComponent(value)],
    ['JSON', JSON.stringify(value).slice(1, -1)],
    // Kubernetes writes <, > and & as JSON in this way.
    ['JSON', JSON.stringify(value).slice(1, -1).replace(/[<>&]/g, escapedAsUnicode)],
  ];
  const seen = new Set<string>();
  return all.filter(([, text]) => !seen.has(text) && seen.add(text));
}

function escapedAsUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
