/** What a request to the API server can end in, as classes with fields, and the questions callers ask of them. */

/** One entry of `Status.details.causes`: which field was refused and why. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The API server answered, and the answer is a refusal (an HTTP status of 300 or more, or a watch ERROR event). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status code. */
  readonly status: number;
  /** Machine-readable `Status.reason` such as `NotFound`; empty when the answer was not a Status. */
  readonly reason: string;
  /** The server's own sentence, without the request in front of it. */
  readonly detail: string;
  /** How long the server asked to wait before the next attempt. */
  readonly retryAfterMs: number | undefined;
  readonly details: StatusDetails | undefined;
  readonly method: string;
  readonly path: string;

  constructor(fields: {
    status: number;
    reason: string;
    detail: string;
    retryAfterMs?: number | undefined;
    details?: StatusDetails | undefined;
    method: string;
    path: string;
  }) {
    super(`${fields.method} ${fields.path}: ${fields.status} ${fields.reason}: ${fields.detail}`);
    this.status = fields.status;
    this.reason = fields.reason;
    this.detail = fields.detail;
    this.retryAfterMs = fields.retryAfterMs;
    this.details = fields.details;
    this.method = fields.method;
    this.path = fields.path;
  }
}

/** No complete answer came: connection refused, reset, closed early, TLS failure, unreadable body. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  readonly method: string;
  readonly path: string;
  /** True when it is certain that the server never saw the request. */
  readonly unsent: boolean;

  constructor(fields: { method: string; path: string; message: string; unsent?: boolean; cause?: unknown }) {
    super(`${fields.method} ${fields.path}: ${fields.message}`, { cause: fields.cause });
    this.method = fields.method;
    this.path = fields.path;
    this.unsent = fields.unsent ?? false;
  }
}

/** The request's own time limit passed without an answer. Whether the server acted on it is unknown. */
export class RequestTimeoutError extends TransportError {
  override readonly name = 'RequestTimeoutError';
}

/**
 * Thrown by a reconciler for what repeating cannot mend: it is counted and logged, and the key is left alone
 * until its object changes.
 */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** A write was refused before it was sent, because this process may no longer be the leader. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** A create of a name that is taken. Also 409, but another matter than {@link isConflict}. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** A resourceVersion or UID precondition failed, or server-side apply met another manager's field. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return (error.status === 409 && error.reason !== 'AlreadyExists') || refusesUid(error);
}

/** How the server says that an apply with a UID met another incarnation of the name: "metadata.uid is immutable". */
function refusesUid(error: ApiError): boolean {
  return (
    error.status === 422 && error.details?.causes?.some(({ field }) => field === 'metadata.uid') === true
  );
}

/** The resource version or continue token is too old: list again. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired');
}

/** Validation refused the object (schema, CEL rules), or a JSON Patch `test` did not hold. */
export function isInvalid(error: unknown): boolean {
  return error instanceof ApiError && error.status === 422 && !refusesUid(error);
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

export function isTooManyRequests(error: unknown): boolean {
  return error instanceof ApiError && error.status === 429;
}

/**
 * The fault lies between here and the API server or in its present load, not in the request: the same request
 * can succeed later.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
