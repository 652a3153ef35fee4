// Vault as an administrator sees it: with a token that a person brought, for one command.
import { isFields } from '../../src/vault/decode.ts';
import { refusal } from '../../src/vault/refusal.ts';
import type { Transport } from '../../src/vault/transport.ts';

type Fields = Readonly<Record<string, unknown>>;

export class Admin {
  readonly #transport: Transport;
  readonly #token: string;
  readonly #signal: AbortSignal | undefined;

  constructor(transport: Transport, token: string, signal?: AbortSignal) {
    this.#transport = transport;
    this.#token = token;
    this.#signal = signal;
  }

  /** `data` of the answer; undefined when nothing is there. @throws VaultError */
  async read(path: string, method: 'GET' | 'LIST' = 'GET'): Promise<Fields | undefined> {
    const answer = await this.#send(method, path);
    if (answer.status === 404) return undefined;
    return this.#data(method, path, answer);
  }

  /** @throws VaultError */
  async write(path: string, body: object): Promise<Fields> {
    return this.#data('POST', path, await this.#send('POST', path, body));
  }

  #send(method: 'GET' | 'LIST' | 'POST', path: string, body?: object) {
    return this.#transport.send({ method, path, body, token: this.#token, signal: this.#signal });
  }

  #data(method: string, path: string, { status, body }: { status: number; body: unknown }): Fields {
    if (status >= 300) throw refusal({ method, path, status, body });
    return isFields(body) && isFields(body.data) ? body.data : {};
  }
}
