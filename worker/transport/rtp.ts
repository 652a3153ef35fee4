/** The part of RTP that the voice library does not hand on: sequence numbers, and the health of a stream. */

export interface RtpHeader {
  readonly sequence: number;
  /** 48 kHz units. */
  readonly timestamp: number;
  readonly ssrc: number;
}

const OPUS_PAYLOAD_TYPE = 120;

/** Undefined for what is no Opus over RTP: RTCP, keepalives, IP discovery. */
export function readRtpHeader(packet: Uint8Array): RtpHeader | undefined {
  if (packet.length <= 12) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (view.getUint8(0) >> 6 !== 2 || (view.getUint8(1) & 0x7f) !== OPUS_PAYLOAD_TYPE) return undefined;
  return { sequence: view.getUint16(2), timestamp: view.getUint32(4), ssrc: view.getUint32(8) };
}

/** A jump in sequence numbers beyond this is a restarted sender, not loss. */
const RESTART_DISTANCE = 3000;
const CLOCK_PER_MS = 48;

/** Loss and interarrival jitter of one stream, after RFC 3550 (section 6.4.1 and appendix A.8). */
export class StreamStatistics {
  private previous: { sequence: number; transit: number; at: number } | undefined;
  private jitter = 0;
  received = 0;
  lost = 0;

  get jitterMs(): number {
    return this.jitter;
  }

  /** @param at arrival, milliseconds. */
  packet(header: RtpHeader, at: number): void {
    this.received++;
    const transit = at - header.timestamp / CLOCK_PER_MS;
    const previous = this.previous;
    if (previous === undefined) {
      this.previous = { sequence: header.sequence, transit, at };
      return;
    }
    const ahead = (((header.sequence - previous.sequence) & 0xffff) ^ 0x8000) - 0x8000;
    if (ahead > 1 && ahead < RESTART_DISTANCE) this.lost += ahead - 1;
    // A packet out of order was counted as lost when its successor came.
    if (ahead <= 0 && ahead > -RESTART_DISTANCE) this.lost = Math.max(0, this.lost - 1);
    // Speakers' pauses are no jitter: clients do not all advance the timestamp through them.
    if (ahead === 1 && at - previous.at < 100) {
      this.jitter += (Math.abs(transit - previous.transit) - this.jitter) / 16;
    }
    if (ahead > 0 || ahead <= -RESTART_DISTANCE) this.previous = { sequence: header.sequence, transit, at };
  }
}
