/**
 * Why an Attach stream ended, and whether another try makes sense: the classification that gateway.proto states.
 */
import { status } from '@grpc/grpc-js';

/** Codes that another attempt cannot mend: the gateway understood and refused. */
const FINAL = new Set<status>([
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
]);

/** The stream failed. `retryable` says what the caller may do; the reconnect policy is the caller's. */
export class AttachError extends Error {
  override readonly name = 'AttachError';
  readonly code: status;
  /** true: try again with back-off. false: the gateway will refuse again. */
  readonly retryable: boolean;

  constructor(code: status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = isRetryable(code);
  }

  /** The gRPC name of the code, e.g. UNAVAILABLE. */
  get codeName(): string {
    return status[this.code];
  }

  /** The certificate, or what it says, was refused: PERMISSION_DENIED or UNAUTHENTICATED. */
  get identityRefused(): boolean {
    return this.code === status.PERMISSION_DENIED || this.code === status.UNAUTHENTICATED;
  }
}

export function isRetryable(code: status): boolean {
  return !FINAL.has(code);
}
