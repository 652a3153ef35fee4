import type { VoiceSessionStatus } from '../src/api/index.ts';
import type { Metrics } from '../src/kube/index.ts';

/** What the operator measures of sessions. None of these is labelled with a tenant's, a guild's or a session's name. */
export interface SessionMetrics {
  /** @param seconds from the VoiceSession's creation (whole seconds on the wire) to its Job's */
  jobCreated(seconds: number): void;
  moved(before: VoiceSessionStatus | undefined, after: VoiceSessionStatus): void;
}

const START_BUCKETS = [0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120];

export function sessionMetrics(metrics: Metrics): SessionMetrics {
  const job = metrics.histogram({
    name: 'skald_session_job_seconds',
    help: 'From the creation of a VoiceSession to the creation of its Job, seconds.',
    buckets: START_BUCKETS,
  });
  const listening = metrics.histogram({
    name: 'skald_session_start_seconds',
    help: 'From the admission of a VoiceSession until its NPCs listen, seconds.',
    buckets: START_BUCKETS,
  });
  const transitions = metrics.counter({
    name: 'skald_session_transitions_total',
    help: 'Changes of phase.',
    labelNames: ['phase'],
  });
  const ends = metrics.counter({
    name: 'skald_sessions_ended_total',
    help: 'Sessions that ended, by reason.',
    labelNames: ['reason'],
  });
  return {
    jobCreated: (seconds) => job.observe(seconds),
    moved(before, after) {
      transitions.inc({ phase: after.phase ?? 'Pending' });
      if (after.phase === 'Active' && before?.activeAt === undefined && after.startedAt && after.activeAt) {
        listening.observe((Date.parse(after.activeAt) - Date.parse(after.startedAt)) / 1000);
      }
      if (after.endedAt !== undefined && before?.endedAt === undefined) {
        ends.inc({ reason: after.endReason ?? 'Requested' });
      }
    },
  };
}
