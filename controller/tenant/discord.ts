// Discord's side of a tenant, asked of its gateway. One lost answer does not make a tenant unready: a gateway that
// restarts would otherwise refuse sessions for no reason that a person could act on.
import type { GetTenantStatusResponse } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { errorText } from '../../src/telemetry/redact.ts';

export interface DiscordState {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Asks one gateway. @throws Error when it does not answer. */
export type AskGateway = (gateway: string, tenant: string) => Promise<GetTenantStatusResponse>;

const CONNECTED_INTERVAL_MS = 15_000;
const QUICK_INTERVAL_MS = 1_000;
const QUICK_LOOKS = 30;
/** This many answers in a row must be missing before a connected tenant counts as unknown. */
const PATIENCE = 2;

interface Known {
  gateway: string;
  state: DiscordState;
  failures: number;
  /** Answers in a row that were not "connected": after some of them it is asked less often. */
  waits: number;
  askAt: number;
}

export class DiscordWatch {
  readonly #ask: AskGateway;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();

  constructor(ask: AskGateway, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The state now: asked when it is time to, remembered otherwise. */
  async look(
    tenant: string,
    gateway: string,
  ): Promise<{ readonly state: DiscordState; readonly askAgainMs: number }> {
    const before = this.#known.get(tenant);
    const current = before?.gateway === gateway ? before : undefined;
    if (current !== undefined && this.#now() < current.askAt) {
      return { state: current.state, askAgainMs: current.askAt - this.#now() };
    }
    const known = await this.#look(tenant, gateway, current);
    this.#known.set(tenant, known);
    return { state: known.state, askAgainMs: Math.max(known.askAt - this.#now(), 0) };
  }

  forget(tenant: string): void {
    this.#known.delete(tenant);
  }

  async #look(tenant: string, gateway: string, before: Known | undefined): Promise<Known> {
    try {
      const state = stateOf(await this.#ask(gateway, tenant), gateway);
      const waits = state.status === 'True' ? 0 : (before?.waits ?? 0) + 1;
      return { gateway, state, failures: 0, waits, askAt: this.#now() + pause(waits) };
    } catch (error) {
      const failures = (before?.failures ?? 0) + 1;
      const waits = (before?.waits ?? 0) + 1;
      const message = errorText(error);
      const unknown: DiscordState = { status: 'Unknown', reason: 'GatewayUnreachable', message };
      const trusted = before?.state.status === 'True' && failures < PATIENCE;
      return {
        gateway,
        state: trusted ? before.state : unknown,
        failures,
        waits,
        askAt: this.#now() + pause(waits),
      };
    }
  }
}

/** Every second at first, because somebody watches; later as often as for a connected one. */
function pause(waits: number): number {
  return waits > 0 && waits <= QUICK_LOOKS ? QUICK_INTERVAL_MS : CONNECTED_INTERVAL_MS;
}

function stateOf(answer: GetTenantStatusResponse, gateway: string): DiscordState {
  if (answer.connected) {
    return { status: 'True', reason: 'Connected', message: `The bot is connected through ${gateway}.` };
  }
  // A condition's reason has a fixed form; what a gateway of another version says may not have it.
  const reason = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(answer.reason)
    ? answer.reason
    : 'Connecting';
  const message = answer.message === '' ? `${gateway} is connecting the bot.` : answer.message;
  return { status: 'False', reason, message };
}
