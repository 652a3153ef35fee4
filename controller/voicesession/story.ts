// The Events that tell a session's story: derived from the difference between two statuses, so that a step that
// is repeated tells nothing twice.
import { findCondition, isWarmJobName } from '../../src/api/index.ts';
import type { OwnStatus } from './status.ts';

export interface Chapter {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** What the operator was doing. */
  readonly action: string;
  readonly note: string;
}

export function chaptersBetween(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  return [...removal(before, after), ...drift(before, after), ...phases(before, after)];
}

/** What the condition Moving has come to say; that the session goes is told by its phase. */
function removal(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  const [old, now] = [before, after].map((status) => findCondition(status?.conditions, 'Moving'));
  if (now === undefined || now.reason === 'Moving' || now.reason === old?.reason) return [];
  return [chapter('Normal', now.reason, 'Move', now.message)];
}

function drift(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  const [old, now] = [before, after].map((status) => findCondition(status?.conditions, 'Drifted'));
  if (now === undefined || now.status === old?.status) return [];
  const type = now.status === 'True' ? 'Warning' : 'Normal';
  return [chapter(type, now.reason, 'Restore', now.message)];
}

function phases(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  const from = before?.phase ?? 'Pending';
  const to = after.phase ?? 'Pending';
  if (from === to) return to === 'Pending' ? waiting(before, after) : troubles(before, after);
  const note = messageOf(after, to === 'Ended' || to === 'Failed' || to === 'Draining' ? 'Ended' : 'Ready');
  const reason = after.reason ?? to;
  switch (to) {
    case 'Provisioning': {
      const { jobName = '' } = after.worker ?? {};
      if (isWarmJobName(jobName)) {
        const note = `${messageOf(after, 'Admitted')} Warm worker ${jobName} serves it.`;
        return [chapter('Normal', 'ClaimedWarmWorker', 'Admit', note)];
      }
      const job = `Creating Job ${jobName}.`;
      return [chapter('Normal', 'Admitted', 'Admit', `${messageOf(after, 'Admitted')} ${job}`)];
    }
    case 'Connecting': {
      const { podName = '', node = '' } = after.worker ?? {};
      return [chapter('Normal', 'Connecting', 'Watch', `Pod ${podName} runs on node ${node}. ${note}`)];
    }
    case 'Active': {
      const seconds = secondsBetween(after.startedAt, after.activeAt);
      if (reason === 'Summarising') return [chapter('Normal', 'Active', 'Watch', note)];
      const first = before?.activeAt === undefined && seconds !== undefined;
      return [
        chapter(
          'Normal',
          'Active',
          'Watch',
          first ? `The NPCs listen after ${seconds} s.` : 'The NPCs listen again.',
        ),
      ];
    }
    case 'Degraded':
      return [chapter(reason === 'Moving' ? 'Normal' : 'Warning', reason, 'Watch', note)];
    case 'Draining':
      return [
        chapter(
          after.endReason === 'WorkerFailed' ? 'Warning' : 'Normal',
          reason,
          'Drain',
          `Ending. ${note}`,
        ),
      ];
    case 'Ended':
      return [chapter('Normal', 'Ended', 'End', `${note}${summary(after)}`)];
    case 'Failed':
      return [chapter('Warning', reason, 'End', note)];
    case 'Pending':
      return [];
  }
}

function waiting(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  if (after.reason === undefined || before?.reason === after.reason) return [];
  return [chapter('Warning', after.reason, 'Admit', `Waiting: ${messageOf(after, 'Admitted')}`)];
}

function troubles(before: OwnStatus | undefined, after: OwnStatus): Chapter[] {
  const faults = new Set([
    'Unschedulable',
    'ImageUnavailable',
    'ContainerFailed',
    'IssueFailed',
    'WorkerLost',
    'GatewayUnreachable',
    'SpendSoftLimitReached',
  ]);
  if (before?.reason === after.reason || after.reason === undefined || !faults.has(after.reason)) return [];
  return [chapter('Warning', after.reason, 'Watch', messageOf(after, 'Ready'))];
}

function chapter(type: Chapter['type'], reason: string, action: string, note: string): Chapter {
  return { type, reason, action, note: note.slice(0, 1024) };
}

function messageOf(status: OwnStatus, type: string): string {
  return findCondition(status.conditions, type)?.message ?? '';
}

function summary({ result }: OwnStatus): string {
  if (result === undefined) return '';
  return ` ${result.utterances ?? 0} utterances heard, ${result.replies ?? 0} answers spoken.`;
}

function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : (Date.parse(to) - Date.parse(from)) / 1000;
}
