/** An answer that refuses a request, in the shape in which OpenAI's API refuses: `{error: {message, type, param, code}}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The field of the request that is at fault. */
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, about: { param?: string; code?: string } = {}) {
    super(message);
    this.status = status;
    this.param = about.param ?? null;
    this.code = about.code ?? null;
  }

  get body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return {
      error: { message: this.message, type: typeOf(this.status), param: this.param, code: this.code },
    };
  }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
