/** One stream to a gateway, from dial to end, and the certificate that it was made with. */
import { X509Certificate } from 'node:crypto';
import {
  type Attachment,
  attach,
  type GatewayMessage,
  PROTOCOL_VERSION,
} from '../../src/rpc/attach-client.ts';
import { trustDomain } from '../../src/rpc/identity.ts';
import type { PemIdentity } from '../../src/rpc/pem-identity.ts';
import type { WorkerSettings } from '../settings.ts';

export interface LineOptions {
  readonly identity: PemIdentity;
  /** host:port of the gateway that another one has named. @defaultValue the one of the settings */
  readonly redirect: string | undefined;
  /** It goes on for a stream of this pod that is open. */
  readonly takesOver: boolean;
  readonly signal: AbortSignal;
  readonly onHelloSent?: () => void;
  readonly onConnected?: () => void;
}

export class Line {
  readonly identity: PemIdentity;
  readonly redirect: string | undefined;
  /** There was a gateway, whatever it said. */
  reached = false;
  readonly #stream: Attachment;
  readonly #messages: AsyncIterator<GatewayMessage, void>;
  #first: Promise<IteratorResult<GatewayMessage, void>> | undefined;

  constructor(settings: WorkerSettings, options: LineOptions) {
    const { identity, redirect } = options;
    this.identity = identity;
    this.redirect = redirect;
    this.#stream = attach({
      address: redirect ?? settings.gatewayAddress,
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
        ...(options.takesOver ? { takesOver: true } : {}),
      },
      signal: options.signal,
      ...(options.onHelloSent === undefined ? {} : { onHelloSent: options.onHelloSent }),
      onConnected: () => {
        this.reached = true;
        options.onConnected?.();
      },
    });
    this.#messages = this.#stream[Symbol.asyncIterator]();
  }

  /** Of its certificate, lower-case hexadecimal. */
  get serial(): string {
    return new X509Certificate(this.identity.certificate).serialNumber.toLowerCase();
  }

  /**
   * The first message, which {@link next} returns all the same. Undefined: the stream has ended before.
   * @throws AttachError
   */
  async first(): Promise<GatewayMessage | undefined> {
    this.#first ??= this.#messages.next();
    const { value } = await this.#first;
    return value ?? undefined;
  }

  /** Undefined: the stream has ended. @throws AttachError */
  async next(): Promise<GatewayMessage | undefined> {
    const first = this.#first;
    this.#first = undefined;
    const { value } = await (first ?? this.#messages.next());
    return value ?? undefined;
  }

  send: Attachment['send'] = (message) => this.#stream.send(message);

  /** Says nothing more; the gateway ends the stream when it has read everything. */
  close(graceMs?: number): Promise<void> {
    return this.#stream.close(graceMs);
  }

  /** Ends it at once. */
  async drop(): Promise<void> {
    await this.#stream[Symbol.asyncDispose]();
  }
}
