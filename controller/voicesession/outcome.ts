// What the end of a worker means: from the exit code table, and from the result that the worker left as its
// termination message. That text comes from a pod: it is checked field by field, and never trusted further.
import {
  type EndReason,
  endReasons,
  exitName,
  exitOutcome,
  type SessionReason,
  type VoiceSessionResult,
} from '../../src/api/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { JobView, PodView } from './worker-view.ts';

/** How the worker ended, for good. */
export interface Outcome {
  readonly endReason: EndReason;
  /** For status.reason: the exit's name when it is a fault, else the end reason. */
  readonly reason: SessionReason;
  readonly message: string;
  readonly result?: VoiceSessionResult;
}

export interface WorkerResult {
  readonly endReason?: EndReason;
  readonly message?: string;
  readonly result: VoiceSessionResult;
}

/**
 * The outcome when no further pod will serve the session; undefined while one runs or will come. A pod that ended
 * well, or with a code that fails the Job at once, decides without waiting for the Job's own conditions.
 */
export function outcomeOf(job: JobView | undefined, pods: readonly PodView[]): Outcome | undefined {
  if (pods.some(({ state }) => state !== 'ended')) return undefined;
  const last = pods.at(-1);
  const left = last?.exit === undefined ? undefined : parseResult(last.exit.message);
  if (last?.exit !== undefined) {
    const outcome = exitOutcome(last.exit.code);
    if (outcome.job === 'complete') {
      const endReason = left?.endReason ?? 'Requested';
      return {
        ...withResult(left),
        endReason,
        reason: endReason,
        message: left?.message ?? endReasons[endReason],
      };
    }
    if (outcome.job === 'fail' || job?.finished?.failed) return failure(last.exit, left, job);
  }
  if (job?.finished === undefined) return undefined;
  if (!job.finished.failed) {
    return {
      ...withResult(left),
      endReason: 'Requested',
      reason: 'Requested',
      message: 'The worker left no result.',
    };
  }
  if (job.finished.reason === 'DeadlineExceeded') {
    return {
      endReason: 'DeadlineExceeded',
      reason: 'DeadlineExceeded',
      message: endReasons.DeadlineExceeded,
    };
  }
  const message = `The worker's Job failed: ${job.finished.reason}: ${job.finished.message}`;
  return { ...withResult(left), endReason: 'WorkerFailed', reason: 'WorkerFailed', message };
}

/** What the last pod left, if it left a result. */
export function resultOf(pods: readonly PodView[]): WorkerResult | undefined {
  const exit = pods.findLast((pod) => pod.exit !== undefined)?.exit;
  return exit === undefined ? undefined : parseResult(exit.message);
}

function failure(
  exit: NonNullable<PodView['exit']>,
  left: WorkerResult | undefined,
  job: JobView | undefined,
): Outcome {
  const outcome = exitOutcome(exit.code);
  const name = exitName(exit.code);
  const endReason = left?.endReason ?? outcome.endReason ?? 'WorkerFailed';
  const killed = exit.reason === 'OOMKilled' ? ' It was killed for lack of memory.' : '';
  const repeated =
    job?.finished?.reason === 'BackoffLimitExceeded' ? ' It was tried as often as is allowed.' : '';
  const message = left?.message ?? `The worker ended with exit code ${exit.code}. ${outcome.meaning}`;
  return {
    ...withResult(left),
    endReason,
    reason: name ?? 'WorkerFailed',
    message: `${message}${killed}${repeated}`,
  };
}

/** Undefined when the text is not a result: empty, cut, or something else's. */
export function parseResult(text: string): WorkerResult | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields: Record<string, unknown> = { ...value };
  const endReason = endReasonOf(fields.endReason);
  const message = typeof fields.message === 'string' ? redactText(fields.message).slice(0, 1024) : undefined;
  const result: VoiceSessionResult = {
    ...amount('utterances', fields.utterances, true),
    ...amount('replies', fields.replies, true),
    ...amount('bargeIns', fields.bargeIns, true),
    ...amount('sttSeconds', fields.sttSeconds, false),
    ...amount('llmTokens', fields.llmTokens, true),
    ...amount('ttsCharacters', fields.ttsCharacters, true),
    ...amount('spendUSD', fields.spendUSD, false),
    ...(typeof fields.transcriptRef === 'string' && fields.transcriptRef.length <= 512
      ? { transcriptRef: redactText(fields.transcriptRef) }
      : {}),
  };
  return {
    ...(endReason === undefined ? {} : { endReason }),
    ...(message === undefined || message === '' ? {} : { message }),
    result,
  };
}

function amount<Key extends string>(
  key: Key,
  value: unknown,
  whole: boolean,
): { readonly [K in Key]?: number } {
  const fits = typeof value === 'number' && Number.isFinite(value) && value >= 0;
  if (!fits) return {};
  const entry: { [K in Key]?: number } = {};
  entry[key] = whole ? Math.floor(value) : value;
  return entry;
}

function endReasonOf(value: unknown): EndReason | undefined {
  return typeof value === 'string' && Object.hasOwn(endReasons, value) ? (value as EndReason) : undefined;
}

function withResult(left: WorkerResult | undefined): { readonly result?: VoiceSessionResult } {
  return left === undefined || Object.keys(left.result).length === 0 ? {} : { result: left.result };
}
