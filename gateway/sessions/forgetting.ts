/** Having a worker forget what a person said, until it says that it has. */
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';

export class Forgetting {
  readonly #pending = new Map<string, PromiseWithResolvers<void>>();

  /** Resolves when a worker has said that it has forgotten, or the session is over. */
  ask(userId: string, send: (message: GatewayMessage) => void): Promise<void> {
    let pending = this.#pending.get(userId);
    if (pending === undefined) {
      pending = Promise.withResolvers<void>();
      this.#pending.set(userId, pending);
    }
    send({ $case: 'forget', value: { userId } });
    return pending.promise;
  }

  /** A worker has attached: what none has answered is asked again. */
  repeat(send: (message: GatewayMessage) => void): void {
    for (const userId of this.#pending.keys()) send({ $case: 'forget', value: { userId } });
  }

  onForgotten(userId: string): void {
    this.#pending.get(userId)?.resolve();
    this.#pending.delete(userId);
  }

  close(): void {
    for (const userId of [...this.#pending.keys()]) this.onForgotten(userId);
  }
}
