import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

export interface VaultApiAnswer {
  status: number;
  /** Parsed JSON; undefined when the body was empty. */
  body: unknown;
}

/**
 * One request to a Vault that this machine started, on a connection of its own. Not the product's client (src/vault),
 * because that one is what the tests judge.
 * @throws on a failed connection or after ten seconds; any HTTP status is an answer.
 */
export function vaultApi(
  server: { address: string; ca?: string | undefined },
  method: string,
  path: string,
  options: { token?: string; body?: object | undefined; signal?: AbortSignal | undefined } = {},
): Promise<VaultApiAnswer> {
  const url = new URL(`/v1/${path}`, server.address);
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const timeout = AbortSignal.timeout(10_000);
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? tlsRequest : plainRequest)(
      url,
      {
        method,
        agent: false,
        ...(server.ca === undefined ? {} : { ca: server.ca }),
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
        headers: {
          'x-vault-request': 'true',
          ...(options.token === undefined ? {} : { 'x-vault-token': options.token }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (part: string) => {
          text += part;
        });
        incoming.once('error', reject);
        incoming.once('end', () => {
          const status = incoming.statusCode ?? 0;
          try {
            resolve({ status, body: text === '' ? undefined : JSON.parse(text) });
          } catch {
            reject(new Error(`${method} ${path} on ${server.address} answered ${status} and no JSON`));
          }
        });
      },
    );
    outgoing.once('error', (cause) =>
      reject(new Error(`${method} ${path} on ${server.address} failed: ${cause.message}`, { cause })),
    );
    outgoing.end(body);
  });
}
