// What must never leave the process in a log line, an event, a status or an error text. Two nets: keys that
// name a secret lose their value whatever it is, and values that look like a secret are cut out of any text.

/** Stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Keys deeper than this in a logged value are dropped: a log line is not a dump. */
const MAX_DEPTH = 8;

/**
 * Compared without case, `_`, `-` and `.`: `apiKey`, `api_key`, `API-KEY` and `tls.key` (as `tlskey`) are one
 * entry each. A key also matches when it ends with one of the suffixes (`botToken`, `sttApiKey`).
 */
const SECRET_KEYS = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'credentials',
  'keypem',
  'stringdata',
  'connectionstring',
  'dsn',
]);
const SECRET_SUFFIXES = [
  'token',
  'secret',
  'secretkey',
  'password',
  'passphrase',
  'apikey',
  'privatekey',
  'tlskey',
  'cakey',
  'databaseurl',
];

const normalisedKeys = new Map<string, boolean>();

/** True when the key's name says that its value is secret. */
export function isSecretKey(key: string): boolean {
  const known = normalisedKeys.get(key);
  if (known !== undefined) return known;
  const plain = key.toLowerCase().replace(/[-_.]/g, '');
  const secret = SECRET_KEYS.has(plain) || SECRET_SUFFIXES.some((suffix) => plain.endsWith(suffix));
  // Keys come from code, so there are few; the bound keeps keys that come from data from filling memory.
  if (normalisedKeys.size < 4096) normalisedKeys.set(key, secret);
  return secret;
}

// No pattern may cross a double quote or a backslash: they also run over finished JSON lines.
const SECRET_TEXT: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // PEM private keys, with real or escaped line ends.
  [/-----BEGIN ([A-Z ]*)PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g, REDACTED],
  // The password of any URL: scheme://user:password@host
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"'\\]*):[^\s@"'\\]+@/gi, `$1:${REDACTED}@`],
  // HTTP credentials.
  [/\b(Bearer|Bot|Basic) [A-Za-z0-9._~+/=-]{16,}/g, `$1 ${REDACTED}`],
  // Discord bot tokens: base64 user id, timestamp, HMAC.
  [/\b[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}/g, REDACTED],
  // Interaction and webhook tokens in Discord's paths.
  [/\/(webhooks|interactions)\/(\d+)\/[A-Za-z0-9._-]{20,}/g, `/$1/$2/${REDACTED}`],
  // OpenAI-style API keys.
  [/\bsk-[A-Za-z0-9_-]{16,}/g, REDACTED],
];

/** The text without anything in it that looks like a credential. Use it on every text that others will read. */
export function redactText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of SECRET_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A copy of a value for logging: secret keys lose their value at any depth, errors become plain objects. */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (value instanceof Map) return redactValue(Object.fromEntries(value), depth);
  if (value instanceof Set) return redactValue([...value], depth);
  const clean: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    clean[key] = isSecretKey(key) && hasValue(item) ? REDACTED : redactValue(item, depth + 1);
  }
  return clean;
}

function hasValue(item: unknown): boolean {
  // `token: undefined` and `tokens: 0` say something useful and hold no secret.
  return (
    item !== undefined &&
    item !== null &&
    item !== '' &&
    typeof item !== 'number' &&
    typeof item !== 'boolean'
  );
}

/** What is kept of an error. Libraries hang requests, headers and bodies on theirs: those are left out. */
export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
  readonly statusCode?: number;
  readonly cause?: ErrorDescription;
  readonly errors?: ErrorDescription[];
}

/** An error as a plain object: type, message, stack, code, and its causes, all without secrets. */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: redactText(String(error)) };
  const { code, statusCode }: Error & { code?: unknown; statusCode?: unknown } = error;
  const nested = depth < 4;
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: redactText(error.message),
    ...(error.stack !== undefined && depth === 0 ? { stack: redactText(error.stack) } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    ...(nested && error.cause !== undefined ? { cause: describeError(error.cause, depth + 1) } : {}),
    ...(nested && error instanceof AggregateError
      ? { errors: error.errors.slice(0, 8).map((inner) => describeError(inner, depth + 1)) }
      : {}),
  };
}

/** One line for people: the error's message and its causes', without secrets. */
export function errorText(error: unknown): string {
  const messages: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && depth < 5; depth++) {
    const message = current instanceof Error ? current.message || current.name : String(current);
    // A wrapper often repeats its cause's text.
    if (!messages.some((earlier) => earlier.includes(message))) messages.push(message);
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else current = current instanceof Error ? current.cause : undefined;
  }
  return redactText(messages.join(': '));
}
