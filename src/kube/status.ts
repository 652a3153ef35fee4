/** Turns an answer that is not a success into an ApiError. */
import { ApiError, type StatusDetails } from './errors.ts';

interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
}

/** `retryAfter` is the header's value: whole seconds. */
export function apiErrorFrom(answer: {
  status: number;
  text: string;
  retryAfter?: string | undefined;
  method: string;
  path: string;
}): ApiError {
  const status = parseStatus(answer.text);
  const { method, path } = answer;
  return statusToError(status ?? {}, {
    method,
    path,
    status: answer.status,
    retryAfter: answer.retryAfter,
    fallback: answer.text.trim().slice(0, 300),
  });
}

/** An ApiError from a Status object: an answer's body, or the object of a watch ERROR event. */
export function statusToError(
  status: Status,
  request: {
    method: string;
    path: string;
    status?: number;
    retryAfter?: string | undefined;
    fallback?: string;
  },
): ApiError {
  const code = request.status ?? status.code ?? 500;
  const seconds = Number(request.retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
  return new ApiError({
    status: code,
    reason: status.reason ?? defaultReason(code),
    detail: status.message ?? (request.fallback || 'the answer has no explanation'),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    details: status.details,
    method: request.method,
    path: request.path,
  });
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isStatus(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is Status {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

/** The reason that the API machinery gives for a code, for answers from proxies that speak no Status. */
function defaultReason(code: number): string {
  switch (code) {
    case 401:
      return 'Unauthorized';
    case 403:
      return 'Forbidden';
    case 404:
      return 'NotFound';
    case 409:
      return 'Conflict';
    case 410:
      return 'Expired';
    case 429:
      return 'TooManyRequests';
    case 503:
      return 'ServiceUnavailable';
    case 504:
      return 'Timeout';
    default:
      return code >= 500 ? 'InternalError' : 'Unknown';
  }
}
