/** Events of a connection, read in order by one reader who does not wait for ever. */
export class EventQueue<Event> {
  private readonly events: Event[] = [];
  private failure: { readonly reason: unknown } | undefined;
  private wake: () => void = () => {};

  push(event: Event): void {
    this.events.push(event);
    this.wake();
  }

  /** Nothing more comes. The first reason counts. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
    this.wake();
  }

  /**
   * @returns undefined: nothing came for `ms`
   * @throws why nothing more comes, after all that came; the abort reason when aborted
   */
  async next(ms: number, signal: AbortSignal): Promise<Event | undefined> {
    signal.throwIfAborted();
    if (this.events.length === 0 && this.failure === undefined) await this.something(ms, signal);
    signal.throwIfAborted();
    const event = this.events.shift();
    if (event === undefined && this.failure !== undefined) throw this.failure.reason;
    return event;
  }

  private async something(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = resolve;
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}
