/**
 * The worker's line to the gateway: dials, listens, dials again. Losing it never stops the audio.
 *
 * What must not get lost while the line is down is only the latest wish about the voice channel; it is sent
 * when the line is back. Reports are made anew each time.
 *
 * When the certificate in the mounted files changes, a second line is opened with it and takes over from the first
 * (gateway.proto, Hello.takes_over): nothing that is said on either is lost, said twice or heard in another order. As
 * long as no second one can be opened the first one stays.
 */
import type { GatewayMessage, WorkerMessage } from '../../src/rpc/attach-client.ts';
import { AttachError } from '../../src/rpc/attach-error.ts';
import type { VoiceStateRequest } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { pemFilesIn, readPemIdentity, samePemIdentity } from '../../src/rpc/pem-identity.ts';
import { abortableSleep } from '../provider/retry.ts';
import type { WorkerSettings } from '../settings.ts';
import { Line } from './line.ts';
import { Redial } from './redial.ts';
import { openSecond, type Second } from './second-line.ts';

export interface GatewayLinkEvents {
  /** Hello waits for the connection: there is nothing left to do for the dial. */
  readonly opened: () => void;
  /** TCP and TLS are done; the first gRPC bytes go. */
  readonly connected: () => void;
  readonly message: (message: GatewayMessage) => void;
  /** A stream that the gateway has answered on; false: it is gone. */
  readonly attached: (attached: boolean, why: string | undefined) => void;
  /** Another certificate is in use, without a break. */
  readonly moved?: (move: Move) => void;
  /** There is another certificate, but no second stream yet; the first one stays, and it is tried again. */
  readonly notMoved?: (why: string) => void;
}

export interface Move {
  /** Serial numbers of the certificates before and now. */
  readonly from: string;
  readonly serial: string;
  /** How long both streams were open, milliseconds. */
  readonly overlapMs: number;
  /** `resumed`: on the gateway that had the first stream; `anew`: another one has told everything afresh. */
  readonly how: Second['how'];
}

/** How long the gateway may take to hand over after it said that it does, milliseconds. */
const HANDOVER_LIMIT_MS = 5_000;

export class GatewayLink {
  private readonly settings: WorkerSettings;
  private readonly events: GatewayLinkEvents;
  private readonly stop = new AbortController();
  private line: Line | undefined;
  private reached = false;
  private answered = false;
  private wish: VoiceStateRequest | undefined;
  private redirect: string | undefined;
  /** Under way: a second line with another certificate. */
  private second: Promise<Second | undefined> | undefined;

  constructor(settings: WorkerSettings, events: GatewayLinkEvents) {
    this.settings = settings;
    this.events = events;
  }

  /**
   * Dials until closed.
   *
   * @throws AttachError when the gateway refuses for good.
   */
  async run(): Promise<void> {
    const { signal } = this.stop;
    const redial = new Redial();
    const watching = this.watchCertificate();
    try {
      while (!signal.aborted) {
        const why = await this.once();
        if (signal.aborted) return;
        const waitMs = redial.after(this.answered ? 'served' : this.reached ? 'refused' : 'unreached');
        if (this.answered) this.events.attached(false, why);
        this.answered = false;
        // A redirect is followed at once; gateways that send each other's workers around are not.
        if (this.redirect !== undefined && redial.count <= 3) continue;
        await abortableSleep(waitMs, signal).catch(() => {});
      }
    } finally {
      this.stop.abort(new Error('closed'));
      await watching;
    }
  }

  /** False: the line is down and this is lost. */
  send(message: WorkerMessage): boolean {
    return this.line?.send(message) ?? false;
  }

  /** Sent now, or as soon as the line is up. Only the latest counts. */
  requestVoice(request: VoiceStateRequest): void {
    this.wish = request;
    this.flush();
  }

  /** Sends what is queued and ends the stream. */
  async close(graceMs = 2000): Promise<void> {
    const { line } = this;
    this.line = undefined;
    await line?.close(graceMs);
    this.stop.abort(new Error('closed'));
  }

  private flush(): void {
    if (this.wish === undefined || !this.answered) return;
    if (this.send({ $case: 'voiceStateRequest', value: this.wish })) this.wish = undefined;
  }

  /** From a dial to the end of its line, and of those that took over from it. @returns why it ended. */
  private async once(): Promise<string> {
    const { redirect } = this;
    this.redirect = undefined;
    this.reached = false;
    let line: Line | undefined;
    try {
      // Read anew each time: certificates are renewed while a session runs.
      const identity = await readPemIdentity(pemFilesIn(this.settings.sessionDirectory));
      line = new Line(this.settings, {
        identity,
        redirect,
        takesOver: false,
        signal: this.stop.signal,
        onHelloSent: this.events.opened,
        onConnected: () => {
          this.reached = true;
          this.events.connected();
        },
      });
      for (;;) {
        this.line = line;
        const { handedOver, why } = await this.follow(line);
        const second: Second | undefined = await this.second;
        this.second = undefined;
        if (second === undefined) return why;
        if (second.how === 'resumed' && !handedOver) {
          // What was on its way on the first one is lost, and nobody knows what: everything is to be told anew.
          second.settled.resolve(false);
          await second.line.drop();
          return why;
        }
        line = this.move(line, second);
      }
    } catch (error) {
      if (error instanceof AttachError && !error.retryable) throw error;
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.line = undefined;
      void line?.close();
      // One that nobody took is given up.
      const { second } = this;
      this.second = undefined;
      void second?.then((left) => left?.settled.resolve(false));
    }
  }

  /** Passes on what the gateway says, until it says no more here. */
  private async follow(line: Line): Promise<{ readonly handedOver: boolean; readonly why: string }> {
    try {
      for (;;) {
        const message = await line.next();
        if (message === undefined) {
          const why = this.redirect === undefined ? 'the gateway ended the stream' : 'redirected';
          return { handedOver: false, why };
        }
        if (message.$case === 'handedOver') return { handedOver: true, why: 'the second stream broke' };
        if (message.$case !== 'resumed') this.receive(line, message);
      }
    } catch (error) {
      if (error instanceof AttachError && error.retryable) return { handedOver: false, why: error.message };
      throw error;
    }
  }

  private receive(line: Line, message: GatewayMessage): void {
    if (message.$case === 'redirect') {
      this.redirect = message.value.address;
      void line.close();
      return;
    }
    if (!this.answered) {
      this.answered = true;
      this.events.attached(true, undefined);
    }
    this.events.message(message);
    this.flush();
  }

  /** From now on everything is said and heard on the second line. What was said on the first arrives before. */
  private move(first: Line, { line, how, openedAt, settled }: Second): Line {
    this.line = line;
    settled.resolve(true);
    void first.close().then(() => {
      const overlapMs = Math.round(performance.now() - openedAt);
      this.events.moved?.({ from: first.serial, serial: line.serial, overlapMs, how });
    });
    // Another gateway knows nothing of this worker's state.
    if (how === 'anew' && this.answered) this.events.attached(true, undefined);
    this.flush();
    return line;
  }

  /** Compares the files with what the line was made with: a change that was missed is seen the next time. */
  private async watchCertificate(): Promise<void> {
    const { signal } = this.stop;
    const redial = new Redial();
    let waitMs = this.settings.certificateCheckMs;
    for (;;) {
      await abortableSleep(waitMs, signal).catch(() => {});
      if (signal.aborted) return;
      waitMs = this.settings.certificateCheckMs;
      const { line } = this;
      if (line === undefined || !this.answered || this.second !== undefined) continue;
      // Unreadable: the kubelet is at it.
      const identity = await readPemIdentity(pemFilesIn(this.settings.sessionDirectory)).catch(
        () => undefined,
      );
      if (identity === undefined || samePemIdentity(identity, line.identity) || this.line !== line) continue;
      const opening = openSecond(this.settings, { first: line, identity, signal }).catch((error: unknown) => {
        if (!signal.aborted) this.events.notMoved?.(error instanceof Error ? error.message : String(error));
        return undefined;
      });
      this.second = opening;
      const second = await opening;
      if (second === undefined) {
        if (this.second === opening) this.second = undefined;
        waitMs = Math.min(waitMs, redial.after('refused'));
      } else {
        await this.moved(line, second);
      }
    }
  }

  /** Waits until the second line is in use. If that does not come about, both go, and the worker dials anew. */
  private async moved(first: Line, second: Second): Promise<void> {
    // A gateway that begins anew on the second one has nothing to say on the first.
    if (second.how === 'anew') void first.close();
    const late = setTimeout(() => second.settled.resolve(false), HANDOVER_LIMIT_MS);
    const inUse = await second.settled.promise;
    clearTimeout(late);
    if (!inUse) await Promise.all([first.drop(), second.line.drop()]);
  }
}
