/** The report that goes to the gateway at every change of state and every 10 s. */
import { WorkerReport, type WorkerState } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { Counters } from '../src/store/index.ts';
import type { DegradationReason } from './degradations.ts';
import type { Pause } from './pause.ts';
import type { ResponseTimes } from './response-times.ts';
import type { VoiceChannel } from './transport/voice-channel.ts';

export interface Trouble {
  readonly reason: DegradationReason | Pause['reason'];
  readonly message: string;
}

export interface ReportSource {
  readonly state: WorkerState;
  readonly trouble: Trouble | undefined;
  readonly voice: Pick<VoiceChannel, 'listening' | 'daveVersion' | 'health'>;
  readonly responses: ResponseTimes;
  readonly counters: Counters;
  readonly buildSha: string;
  readonly models: readonly string[];
  readonly configRevision: string;
}

export function reportOf(source: ReportSource): WorkerReport {
  const { counters, trouble, voice, responses } = source;
  const health = voice.health();
  return WorkerReport.create({
    state: source.state,
    reason: trouble?.reason ?? '',
    message: trouble?.message ?? '',
    voiceConnected: voice.listening,
    daveVersion: voice.daveVersion,
    packetLoss: health.packetLoss,
    jitterMs: health.jitterMs,
    responseP50Ms: responses.quantile(0.5),
    responseP95Ms: responses.quantile(0.95),
    buildSha: source.buildSha,
    models: [...source.models],
    configRevision: source.configRevision,
    counters: {
      utterances: counters.utterances,
      replies: counters.replies,
      bargeIns: counters.bargeIns,
      sttSeconds: counters.sttSeconds,
      llmTokens: counters.llmTokens,
      ttsCharacters: counters.ttsCharacters,
      spendUsd: counters.spendUSD,
    },
  });
}
