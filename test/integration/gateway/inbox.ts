/** Reads a worker's stream in the background, so that a test can wait for what it is interested in. */
import type { Attachment, GatewayMessage } from '../../../src/rpc/attach-client.ts';
import { AttachError } from '../../../src/rpc/attach-error.ts';
import type { SessionConfiguration } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { eventually } from './scene.ts';

export type MessageOf<Case extends GatewayMessage['$case']> = Extract<
  GatewayMessage,
  { $case: Case }
>['value'];

export class Inbox {
  readonly received: GatewayMessage[] = [];
  readonly stream: Attachment;
  #end: AttachError | 'closed' | undefined;
  #read = 0;

  constructor(stream: Attachment) {
    this.stream = stream;
    void this.#readAll();
  }

  get cases(): string[] {
    return this.received.map(({ $case }) => $case);
  }

  /** The next message of this kind after the last one that was waited for; others are skipped. */
  async next<Case extends GatewayMessage['$case']>(
    wanted: Case,
    timeoutMs = 30_000,
  ): Promise<MessageOf<Case>> {
    const message = await eventually(
      `a ${wanted} (received: ${this.cases.join(', ')})`,
      () => {
        for (let index = this.#read; index < this.received.length; index += 1) {
          const candidate = this.received[index];
          if (candidate?.$case !== wanted) continue;
          this.#read = index + 1;
          return candidate;
        }
        if (this.#end instanceof AttachError) throw this.#end;
        return undefined;
      },
      timeoutMs,
    );
    return message.value as MessageOf<Case>;
  }

  /** The next configuration that is as expected; what is read meanwhile changes it, too. */
  async configuredWith(expected: (session: SessionConfiguration) => boolean): Promise<SessionConfiguration> {
    for (;;) {
      const { session } = await this.next('configure');
      if (session !== undefined && expected(session)) return session;
    }
  }

  /** How the stream ended. */
  async ended(timeoutMs = 30_000): Promise<AttachError | 'closed'> {
    return await eventually('the stream ends', () => this.#end, timeoutMs);
  }

  async #readAll(): Promise<void> {
    try {
      for await (const message of this.stream) this.received.push(message);
      this.#end = 'closed';
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      this.#end = error;
    }
  }
}
