/** A second line beside one that is open, with another certificate: dialled until it is known how it goes on. */
import type { PemIdentity } from '../../src/rpc/pem-identity.ts';
import type { WorkerSettings } from '../settings.ts';
import { Line } from './line.ts';

export interface Second {
  readonly line: Line;
  /**
   * `resumed`: the gateway goes on here where it stops on the first one. `anew`: it has never heard of the first one
   * and tells everything afresh.
   */
  readonly how: 'resumed' | 'anew';
  /** By performance.now(). */
  readonly openedAt: number;
  /** Settled when it is in use (true), or given up (false). */
  readonly settled: PromiseWithResolvers<boolean>;
}

/** Gateways that send each other's workers around are not followed for ever. */
const MOST_REDIRECTS = 3;

/** @throws Error when there is none: what it says is for the log */
export async function openSecond(
  settings: WorkerSettings,
  {
    first,
    identity,
    signal,
  }: { readonly first: Line; readonly identity: PemIdentity; readonly signal: AbortSignal },
): Promise<Second> {
  let { redirect } = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const line = new Line(settings, { identity, redirect, takesOver: true, signal });
    const message = await line.first();
    if (message === undefined) throw new Error('the gateway ended the stream');
    if (message.$case !== 'redirect') {
      return {
        line,
        how: message.$case === 'resumed' ? 'resumed' : 'anew',
        openedAt: performance.now(),
        settled: Promise.withResolvers(),
      };
    }
    redirect = message.value.address;
    void line.close();
  }
  throw new Error('the gateways redirect to one another');
}
