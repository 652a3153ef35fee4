/**
 * One HTTP request to a provider: with its key, a limit on the wait for the first byte, an abort that
 * reaches the socket, and errors that say what was asked of whom without showing the key.
 */
import type { Reach } from '../../src/admission/hosts.ts';
import type { ProviderKind, ProviderRole } from '../../src/api/provider-roles.ts';
import { fetchWithin } from './guarded-fetch.ts';
import { AddressRefusedError } from './guarded-lookup.ts';
import { ProviderError, retryAfterMs } from './retry.ts';

export interface ProviderEndpoint {
  readonly role: ProviderRole;
  /** The wire protocol. */
  readonly kind: ProviderKind;
  /** E.g. `https://api.openai.com/v1`, without a slash at the end. */
  readonly baseUrl: string;
  readonly model: string;
  /** Secret. */
  readonly apiKey: string | undefined;
  /** There is a key, but it belongs to another base URL: see {@link providerEndpoints}. */
  readonly keyWithheld?: boolean;
  /** How far its connections may lead. */
  readonly reach: Reach;
  /** US dollars for a unit: see `UsedProvider`. */
  readonly pricePerUnitUSD: number;
  /** Answers in its place when it fails; has none of its own. */
  readonly fallback?: ProviderEndpoint;
}

/** How a vendor wants to be shown the key: always in a header, never in a URL. */
export type KeyHeader = (apiKey: string) => Readonly<Record<string, string>>;

const bearer: KeyHeader = (apiKey) => ({ authorization: `Bearer ${apiKey}` });

export interface ProviderRequest {
  /** E.g. `/audio/speech`. */
  readonly path: string;
  /** Not shown in errors. */
  readonly query?: URLSearchParams;
  readonly body: string | FormData | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  /** @defaultValue `Authorization: Bearer` */
  readonly keyHeader?: KeyHeader;
  readonly signal: AbortSignal;
  /** Longest wait for the answer's headers, milliseconds. */
  readonly timeoutMs: number;
}

/** For errors: why a provider that wants a key got none; otherwise empty. */
export function withheldNote({ keyWithheld }: ProviderEndpoint): string {
  return keyWithheld === true
    ? ' (no API key was sent: the one in this pod belongs to another base URL; start a new session)'
    : '';
}

/** @throws ProviderError for no answer or a status other than 2xx; the abort reason when `signal` aborts. */
export async function request(endpoint: ProviderEndpoint, options: ProviderRequest): Promise<Response> {
  const url = `${endpoint.baseUrl}${options.path}`;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  let response: Response;
  try {
    response = await fetchWithin(endpoint.reach)(withQuery(url, options.query), {
      method: 'POST',
      body: options.body,
      headers: {
        ...keyHeaders(endpoint, options.keyHeader),
        ...(options.contentType === undefined ? {} : { 'content-type': options.contentType }),
      },
      signal: AbortSignal.any([options.signal, deadline.signal]),
    });
  } catch (cause) {
    options.signal.throwIfAborted();
    const why = deadline.signal.aborted ? `no answer within ${options.timeoutMs} ms` : reasonOf(cause);
    throw new ProviderError(endpoint.role, `${endpoint.role}: POST ${url}: ${why}`, {
      cause,
      ...(cause instanceof AddressRefusedError ? { retryable: false } : {}),
    });
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  const detail = await response.text().catch(() => '');
  throw new ProviderError(
    endpoint.role,
    `${endpoint.role}: POST ${url} for model ${endpoint.model} answered ${response.status}: ${excerpt(detail, endpoint.apiKey)}${withheldNote(endpoint)}`,
    { status: response.status, retryAfterMs: retryAfterMs(response.headers.get('retry-after')) },
  );
}

export function keyHeaders(
  { apiKey }: ProviderEndpoint,
  keyHeader: KeyHeader = bearer,
): Readonly<Record<string, string>> {
  return apiKey === undefined ? {} : keyHeader(apiKey);
}

export function withQuery(url: string, query: URLSearchParams | undefined): string {
  return query === undefined || query.size === 0 ? url : `${url}?${query}`;
}

export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

/** The beginning of an error body; providers echo keys in them. */
export function excerpt(text: string, apiKey: string | undefined): string {
  const clean = text
    .replaceAll(/\b(sk|key|tok)[-_][A-Za-z0-9*._-]{6,}/g, '[key]')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const hidden = apiKey === undefined || apiKey === '' ? clean : clean.replaceAll(apiKey, '[key]');
  return hidden === '' ? '(empty body)' : hidden.slice(0, 200);
}
