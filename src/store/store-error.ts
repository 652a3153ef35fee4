/**
 * A statement or a connection that failed. Its message says what was tried, on which database and what happened;
 * it never holds a password. The driver's error is not kept as the cause, because it can.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /**
   * SQLSTATE (`23503`) when the server refused, the system's code (`ECONNREFUSED`) when it was not reached, a word of
   * this library's own (`SchemaNewer`) otherwise.
   */
  readonly code: string | undefined;
  /** Trying the same again may work: no connection, the server restarts, a deadlock, too many connections. */
  readonly temporary: boolean;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
    this.temporary = code !== undefined && isTemporary(code);
  }
}

const TEMPORARY_CLASSES = ['08', '40', '53', '57'];

function isTemporary(code: string): boolean {
  return /^E[A-Z]/.test(code) || TEMPORARY_CLASSES.includes(code.slice(0, 2));
}
