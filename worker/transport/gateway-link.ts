/**
 * The worker's line to the gateway: dials, listens, dials again. Losing it never stops the audio.
 *
 * What must not get lost while the line is down is only the latest wish about the voice channel; it is sent
 * when the line is back. Reports are made anew each time.
 */
import {
  type Attachment,
  attach,
  type GatewayMessage,
  PROTOCOL_VERSION,
  type WorkerMessage,
} from '../../src/rpc/attach-client.ts';
import { AttachError } from '../../src/rpc/attach-error.ts';
import type { VoiceStateRequest } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { trustDomain } from '../../src/rpc/identity.ts';
import { pemFilesIn, readPemIdentity } from '../../src/rpc/pem-identity.ts';
import { abortableSleep } from '../provider/retry.ts';
import type { WorkerSettings } from '../settings.ts';
import { Redial } from './redial.ts';

export interface GatewayLinkEvents {
  /** Hello waits for the connection: there is nothing left to do for the dial. */
  readonly opened: () => void;
  /** TCP and TLS are done; the first gRPC bytes go. */
  readonly connected: () => void;
  readonly message: (message: GatewayMessage) => void;
  /** A stream that the gateway has answered on; false: it is gone. */
  readonly attached: (attached: boolean, why: string | undefined) => void;
}

export class GatewayLink {
  private readonly settings: WorkerSettings;
  private readonly events: GatewayLinkEvents;
  private readonly stop = new AbortController();
  private stream: Attachment | undefined;
  private reached = false;
  private answered = false;
  private wish: VoiceStateRequest | undefined;
  private redirect: string | undefined;

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
  }

  /** False: the line is down and this is lost. */
  send(message: WorkerMessage): boolean {
    return this.stream?.send(message) ?? false;
  }

  /** Sent now, or as soon as the line is up. Only the latest counts. */
  requestVoice(request: VoiceStateRequest): void {
    this.wish = request;
    this.flush();
  }

  /** Sends what is queued and ends the stream. */
  async close(graceMs = 2000): Promise<void> {
    const { stream } = this;
    this.stream = undefined;
    await stream?.close(graceMs);
    this.stop.abort(new Error('closed'));
  }

  private flush(): void {
    if (this.wish === undefined || !this.answered) return;
    if (this.send({ $case: 'voiceStateRequest', value: this.wish })) this.wish = undefined;
  }

  /** One stream from dial to end. @returns why it ended. */
  private async once(): Promise<string> {
    const { settings, redirect } = this;
    this.redirect = undefined;
    this.reached = false;
    const address = redirect ?? settings.gatewayAddress;
    try {
      // Read anew each time: certificates are renewed while a session runs.
      const identity = await readPemIdentity(pemFilesIn(settings.sessionDirectory));
      const stream = attach({
        address,
        ...(settings.gatewayServerName === undefined || redirect !== undefined
          ? {}
          : { serverName: settings.gatewayServerName }),
        identity,
        trustDomain: trustDomain(settings.trustDomain),
        hello: {
          protocolVersion: PROTOCOL_VERSION,
          podName: settings.podName,
          podUid: settings.podUid,
          buildSha: settings.buildSha,
        },
        signal: this.stop.signal,
        onHelloSent: this.events.opened,
        onConnected: () => {
          this.reached = true;
          this.events.connected();
        },
      });
      this.stream = stream;
      for await (const message of stream) this.receive(message);
      return this.redirect === undefined ? 'the gateway ended the stream' : 'redirected';
    } catch (error) {
      if (error instanceof AttachError && !error.retryable) throw error;
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.stream = undefined;
    }
  }

  private receive(message: GatewayMessage): void {
    if (message.$case === 'redirect') {
      this.redirect = message.value.address;
      void this.stream?.close();
      return;
    }
    if (!this.answered) {
      this.answered = true;
      this.events.attached(true, undefined);
    }
    this.events.message(message);
    this.flush();
  }
}
