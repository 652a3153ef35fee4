/**
 * One Attach stream as the rest of the gateway sees it: bounded in what may wait unread, ended with its certificate,
 * and able to hand over to another stream of the same pod (gateway.proto, Hello.takes_over).
 */
import { type ServerDuplexStream, type StatusObject, status } from '@grpc/grpc-js';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import { atTime } from '../../src/rpc/deadline.ts';
import type { AttachRequest, AttachResponse } from '../../src/rpc/generated/skald/v1/gateway.ts';

/** Messages that may wait for a worker that does not read; a worker that dials again is told everything anew. */
const MAX_UNREAD_MESSAGES = 256;
/** How long a worker that was told to move may take until it has said its last on the old stream, milliseconds. */
export const HANDOVER_LIMIT_MS = 10_000;

export type AttachCall = ServerDuplexStream<AttachRequest, AttachResponse>;

/** The gateway's end of one Attach stream. */
export interface WorkerStream {
  send(message: GatewayMessage): void;
  /** Ends the stream; OK when no code is given. */
  end(code?: status, message?: string): void;
  /**
   * The other stream goes on where this one stops. It is not read before this one has been read to its end, so that
   * what the worker says is heard in the order in which it was said.
   */
  handOverTo(next: WorkerStream): void;
  /** Not read until the returned function is called. */
  hold(): () => void;
}

export interface WorkerCallOptions {
  readonly notAfter: Date | undefined;
  /** Called once, before the stream ends in whatever way. */
  readonly onEnd: () => void;
  readonly onExpired: () => void;
  /** The stream was read to its end after a handover, which took this long. */
  readonly onHandedOver: (milliseconds: number) => void;
}

export class WorkerCall implements WorkerStream {
  readonly #call: AttachCall;
  readonly #options: WorkerCallOptions;
  readonly #stopWaiting: () => void;
  #over = false;
  #holds = 0;
  #handover:
    | { readonly begunAt: number; readonly release: () => void; readonly timer: NodeJS.Timeout }
    | undefined;

  constructor(call: AttachCall, options: WorkerCallOptions) {
    this.#call = call;
    this.#options = options;
    this.#stopWaiting =
      options.notAfter === undefined ? () => {} : atTime(options.notAfter, () => this.#expire());
  }

  get over(): boolean {
    return this.#over;
  }

  send(message: GatewayMessage): void {
    // What comes after a handover is the other stream's.
    if (this.#over || this.#handover !== undefined) return;
    if (this.#call.writableLength >= MAX_UNREAD_MESSAGES) {
      this.end(status.UNAVAILABLE, `${MAX_UNREAD_MESSAGES} messages were not read; dial again`);
      return;
    }
    this.#call.write({ message });
  }

  end(code: status = status.OK, message = ''): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#options.onEnd();
    const handover = this.#handover;
    if (code === status.OK) this.#call.end();
    else this.#call.emit('error', { code, details: message } satisfies Partial<StatusObject>);
    if (handover === undefined) return;
    clearTimeout(handover.timer);
    if (code === status.OK) this.#options.onHandedOver(performance.now() - handover.begunAt);
    handover.release();
  }

  handOverTo(next: WorkerStream): void {
    if (this.#over || this.#handover !== undefined) return;
    this.send({ $case: 'handedOver', value: {} });
    // A worker that reads nothing was sent away by that.
    if (this.#over) return;
    const late = () => this.end(status.UNAVAILABLE, 'another stream took over, and this one was not closed');
    this.#handover = {
      begunAt: performance.now(),
      release: next.hold(),
      timer: setTimeout(late, HANDOVER_LIMIT_MS),
    };
  }

  hold(): () => void {
    this.#holds += 1;
    this.#call.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds === 0 && !this.#over) this.#call.resume();
    };
  }

  #expire(): void {
    if (this.#over) return;
    this.#options.onExpired();
    const until = this.#options.notAfter?.toISOString() ?? '';
    this.end(
      status.UNAVAILABLE,
      `the certificate of this stream was valid until ${until}; dial with a newer one`,
    );
  }
}
