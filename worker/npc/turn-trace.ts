/**
 * One turn's times, from the speaker's last packet to the answer's first, and the one log line they become.
 * All monotonic milliseconds.
 */
import type { Way } from './hearing.ts';
import type { ReplyOutcome } from './reply.ts';

export interface TurnTrace {
  readonly correlationId: string;
  readonly lastPacketAt: number;
  readonly lastVoiceAt: number;
  readonly endpointedAt: number;
  /** How the words were had. */
  transcript?: Way;
  /** What recognition took, as a share of what was said: its real-time factor. */
  sttRtf?: number;
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

/** What else the line about a turn says. */
export function fieldsOf(
  trace: TurnTrace,
  network: { readonly jitterMs: number; readonly packetLoss: number },
  outcome: Pick<ReplyOutcome, 'llmTokens' | 'startedAt' | 'endedAt'> | undefined,
): Record<string, number | string | boolean> {
  return {
    ...stagesOf(trace),
    ...(trace.transcript === undefined ? {} : { transcript: trace.transcript }),
    ...(trace.sttRtf === undefined ? {} : { stt_rtf: round(trace.sttRtf, 3) }),
    ...(trace.drafted === undefined ? {} : { drafted: trace.drafted }),
    ...(outcome === undefined
      ? {}
      : { llm_tokens: outcome.llmTokens, tts_ms: outcome.endedAt.getTime() - outcome.startedAt.getTime() }),
    jitter_ms: round(network.jitterMs, 1),
    packet_loss: round(network.packetLoss, 4),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
