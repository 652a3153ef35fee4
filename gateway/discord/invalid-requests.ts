/**
 * Discord bans an address for a while after 10,000 invalid requests (401, 403, 429) in ten minutes, and all tenants of
 * a process share one address. So they are counted twice: each tenant has an allowance of its own, which shrinks for
 * all as the process comes near the ban. Whoever uses its allowance up is parked: it sends nothing.
 */

/** Length of the window that is counted, milliseconds. */
export const INVALID_REQUEST_WINDOW_MS = 10 * 60_000;

/**
 * `botToken`: Discord did not accept the token itself. `refused`: something that the bot may not do, again and again, is
 * a fault. `rateLimited`: many commands at a time meet a limit together, and each waits as long as it is told to.
 * `shared`: a limit of others, too, which is not held against the tenant; that it does not count for the address Discord
 * says, and bots that were banned deny.
 */
export type InvalidRequest = 'botToken' | 'refused' | 'rateLimited' | 'shared';

/** Undefined: it does not count. */
export function invalidRequest(
  status: number,
  scope: string | null,
  route: string,
): InvalidRequest | undefined {
  if (status === 429) return scope === 'shared' ? 'shared' : 'rateLimited';
  if (status === 401) return usesBotToken(route) ? 'botToken' : 'refused';
  return status === 403 ? 'refused' : undefined;
}

/** Replies to interactions carry the interaction's own token, and 401 there means that it has expired. */
function usesBotToken(route: string): boolean {
  return !route.startsWith('/webhooks/') && !route.startsWith('/interactions/');
}

export interface Allowance {
  /** Holds from this many invalid requests of the process within the window. */
  readonly from: number;
  readonly refused: number;
  readonly rateLimited: number;
}

/** What one tenant may cause within the window before it is parked: 375 bad tenants stay below the ban. */
export const ALLOWANCES: readonly [Allowance, ...Allowance[]] = [
  { from: 0, refused: 50, rateLimited: 500 },
  { from: 4_000, refused: 10, rateLimited: 50 },
  { from: 7_000, refused: 3, rateLimited: 5 },
];

/** The process, which is one address to Discord. */
export class InvalidRequests {
  readonly #window: Window;
  readonly #now: () => number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#window = new Window(now);
  }

  get count(): number {
    return this.#window.count;
  }

  budget(): InvalidRequestBudget {
    return new InvalidRequestBudget(this.#window, this.#now);
  }
}

/** One tenant's. */
export class InvalidRequestBudget {
  readonly #process: Window;
  readonly #refused: Window;
  readonly #rateLimited: Window;

  constructor(process: Window, now: () => number) {
    this.#process = process;
    this.#refused = new Window(now);
    this.#rateLimited = new Window(now);
  }

  get count(): number {
    return this.#refused.count + this.#rateLimited.count;
  }

  /** Counts one; returns true when the allowance is used up. */
  record(request: InvalidRequest): boolean {
    this.#process.add();
    if (request === 'shared') return false;
    const own = request === 'rateLimited' ? this.#rateLimited : this.#refused;
    own.add();
    const { refused, rateLimited } = allowanceAt(this.#process.count);
    return own.count >= (request === 'rateLimited' ? rateLimited : refused);
  }
}

function allowanceAt(count: number): Allowance {
  return ALLOWANCES.findLast(({ from }) => count >= from) ?? ALLOWANCES[0];
}

/** How many in the last ten minutes. */
class Window {
  readonly #now: () => number;
  #times: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get count(): number {
    const from = this.#now() - INVALID_REQUEST_WINDOW_MS;
    const first = this.#times.findIndex((time) => time > from);
    this.#times.splice(0, first === -1 ? this.#times.length : first);
    return this.#times.length;
  }

  add(): void {
    this.#times.push(this.#now());
  }
}
