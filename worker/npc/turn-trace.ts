/**
 * One turn's times, from the speaker's last packet to the answer's first, and the one log line they become.
 * All monotonic milliseconds.
 */
import type { Way } from './hearing.ts';

export interface TurnTrace {
  readonly correlationId: string;
  readonly lastPacketAt: number;
  readonly lastVoiceAt: number;
  readonly endpointedAt: number;
  /** How the words were had. */
  transcript?: Way;
  /** The answer was begun before the endpoint. */
  drafted?: boolean;
  transcribedAt?: number;
  addressedAt?: number;
  firstTokenAt?: number;
  firstSentenceAt?: number;
  ttsFirstByteAt?: number;
  firstPacketAt?: number;
}

/** Each stage's own share, milliseconds (from `endpointMs` on they add up), and the whole as people feel it. */
export function stagesOf(trace: TurnTrace): Record<string, number> {
  const stages: Record<string, number> = {};
  const stage = (name: string, from: number | undefined, to: number | undefined): void => {
    if (from !== undefined && to !== undefined) stages[name] = Math.round((to - from) * 10) / 10;
  };
  // What the endpointing delay measured; it begins before the last packet when that had no voice in it.
  stage('vadSilenceMs', trace.lastVoiceAt, trace.endpointedAt);
  stage('endpointMs', trace.lastPacketAt, trace.endpointedAt);
  stage('sttMs', trace.endpointedAt, trace.transcribedAt);
  stage('addressMs', trace.transcribedAt, trace.addressedAt);
  stage('firstTokenMs', trace.addressedAt, trace.firstTokenAt);
  stage('firstSentenceMs', trace.firstTokenAt, trace.firstSentenceAt);
  stage('ttsFirstByteMs', trace.firstSentenceAt, trace.ttsFirstByteAt);
  stage('firstPacketMs', trace.ttsFirstByteAt, trace.firstPacketAt);
  stage('latency_ms', trace.lastPacketAt, trace.firstPacketAt);
  return stages;
}
