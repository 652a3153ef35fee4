import type { Answer, Exchange, Transport } from './transport.ts';
import { VaultError } from './vault-error.ts';

type Handler = (exchange: Exchange) => Answer | Promise<Answer>;

/** A Vault of a few lines, for timings and for answers that no real one gives. Hands out tokens t1, t2, ... */
export class FakeTransport implements Transport {
  readonly requests: Exchange[] = [];
  /** Of tokens at login and at renewal, seconds. */
  loginTtl = 90;
  renewTtl = 90;
  renewable = true;
  /** Answers first; undefined leaves it to the rest. */
  fault: ((exchange: Exchange) => Answer | undefined) | undefined;
  /** Answers requests that do not concern the token. */
  handler: Handler = () => ({ status: 200, body: { data: {} } });
  logins = 0;
  closed = false;

  async send(exchange: Exchange): Promise<Answer> {
    this.requests.push(exchange);
    const fault = this.fault?.(exchange);
    if (fault) return fault;
    if (exchange.path.endsWith('/login')) {
      this.logins += 1;
      return this.#auth(this.loginTtl, `t${this.logins}`);
    }
    if (exchange.path === 'auth/token/renew-self') return this.#auth(this.renewTtl, exchange.token ?? '');
    if (exchange.path === 'auth/token/revoke-self') return { status: 204, body: undefined };
    return this.handler(exchange);
  }

  close(): void {
    this.closed = true;
  }

  paths(): string[] {
    return this.requests.map(({ path }) => path);
  }

  #auth(seconds: number, token: string): Answer {
    const auth = { client_token: token, lease_duration: seconds, renewable: this.renewable };
    return { status: 200, body: { auth } };
  }
}

export function unreachable(): never {
  throw new VaultError('unreachable', 'Vault cannot be reached: ECONNREFUSED');
}
