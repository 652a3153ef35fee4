/** What the worker process serves: a table with its voices, or a recap. */
import type { GatewayMessage } from '../src/rpc/attach-client.ts';
import type { Counters } from '../src/store/index.ts';
import type { HeardUtterance, SpeechEvent } from './turn/ears-protocol.ts';

export interface ServedSession {
  /** Ready: it does what it is there for. */
  readonly listening: boolean;
  metrics(): Partial<Counters>;
  onGateway(attached: boolean, why: string | undefined): void;
  onMessage(message: GatewayMessage): void;
  onEars(failure: string | undefined): void;
  onVoicing(userId: string, continuousMs: number): void;
  onSpeech(event: SpeechEvent): void;
  onUtterance(utterance: HeardUtterance): void;
  /** @returns the termination message. */
  stop(endReason: string, message: string | undefined, abrupt: boolean): Promise<string>;
}
