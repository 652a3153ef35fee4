/**
 * Discord bans an address for a while after 10,000 invalid requests (401, 403, 429) in ten minutes, and all tenants
 * of a slot share one address. Each tenant therefore has a small budget of its own.
 */

/** Length of the window that is counted, milliseconds. */
export const INVALID_REQUEST_WINDOW_MS = 10 * 60_000;
/** Invalid requests that one tenant may cause within the window before its connection is parked. */
export const INVALID_REQUEST_LIMIT = 50;

export class InvalidRequestBudget {
  readonly #now: () => number;
  #times: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one; returns true when the budget is used up. */
  record(): boolean {
    this.#expire();
    this.#times.push(this.#now());
    return this.#times.length >= INVALID_REQUEST_LIMIT;
  }

  get count(): number {
    this.#expire();
    return this.#times.length;
  }

  #expire(): void {
    const from = this.#now() - INVALID_REQUEST_WINDOW_MS;
    this.#times = this.#times.filter((time) => time > from);
  }
}

export function isInvalidRequest(status: number): boolean {
  return status === 401 || status === 403 || status === 429;
}
