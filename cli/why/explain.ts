// The verdict: why a session runs, does not, or has ended, and what to do next. Pure.
import {
  findCondition,
  isTrue,
  type Phase,
  type VoiceSession,
  type VoiceSessionStatus,
} from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import { shortDuration } from '../durations.ts';
import { sinceOf } from '../sessions/row.ts';
import { counted } from '../terminal.ts';
import { type Advice, advise, type Names } from './advice.ts';
import { gone } from './gone.ts';
import type { Observation } from './observation.ts';
import { adviceFor, meaningOf } from './reasons.ts';
import { type Finding, programsAway, rootCause } from './root-cause.ts';
import { type Moment, timelineOf } from './timeline.ts';

export type State =
  | 'waits'
  | 'starts'
  | 'runs'
  | 'degraded'
  | 'ends'
  | 'ended'
  | 'failed'
  | 'gone'
  | 'unknown';

export interface Verdict {
  readonly state: State;
  /** The word that decided, as in status.reason. */
  readonly reason: string;
  /** Whether everything is as it should be. */
  readonly well: boolean;
  /** For people: what is, and why. */
  readonly text: string;
}

export interface Story {
  readonly namespace: string;
  readonly name: string;
  readonly phase?: Phase;
  readonly moments: readonly Moment[];
  readonly verdict: Verdict;
  /** What to do, most useful first. Never empty. */
  readonly next: readonly Advice[];
}

export function explain(o: Observation, since?: Date): Story {
  const { session, namespace, name } = o;
  const decided = session === undefined ? gone(o) : living(o, session);
  const names = namesOf(o);
  const next = decided.next.map((advice) => advise(advice, names));
  const phase = session?.status?.phase;
  return {
    namespace,
    name,
    ...(phase === undefined ? {} : { phase }),
    moments: timelineOf(o, since),
    verdict: decided.verdict,
    next: withoutRepetition(next),
  };
}

export interface Decided {
  readonly verdict: Verdict;
  readonly next: readonly Advice[];
}

function living(o: Observation, session: Live<VoiceSession>): Decided {
  const { status } = session;
  const phase = status?.phase;
  const stuck = neglected(o, session);
  if (stuck !== undefined) return stuck;
  if (phase === undefined) return unseen(o);
  const reason = status?.reason ?? phase;
  const cause = rootCause(o, reason);
  const next = [...(cause === undefined ? [] : cause.next), adviceOf(o, reason, status)];
  const because = cause === undefined || cause.text === '' ? '' : ` ${cause.text}`;
  const decided = (state: State, text: string, well = false): Decided => ({
    verdict: { state, reason, well, text: `${text}${because}${replaced(status)}` },
    next,
  });
  switch (phase) {
    case 'Pending':
      return decided(
        'waits',
        `It waits to be admitted. ${sentence(o, status, 'Admitted', reason)}${patience(o, session)}`,
      );
    case 'Provisioning':
    case 'Connecting':
      return decided(
        'starts',
        `It has been starting${since(o, session, phase)}. ${sentence(o, status, 'Ready', reason)}`,
      );
    case 'Active':
      return active(o, session, cause);
    case 'Degraded':
      return decided(
        'degraded',
        `It runs with a fault${since(o, session, phase)}. ${sentence(o, status, 'Ready', reason)}`,
      );
    case 'Draining':
      return decided(
        'ends',
        `It is ending. ${sentence(o, status, 'Ended', reason)}`,
        status?.endReason !== 'WorkerFailed',
      );
    case 'Ended':
      return decided(
        'ended',
        `${ending(session)} ${sentence(o, status, 'Ended', reason)}${summary(status)}`,
        true,
      );
    case 'Failed':
      return decided(
        'failed',
        `${ending(session)} ${sentence(o, status, 'Ended', reason)}${exitOf(o, status)}`,
      );
  }
}

function active(o: Observation, session: Live<VoiceSession>, cause: Finding | undefined): Decided {
  const { status } = session;
  const reason = status?.reason ?? 'Listening';
  const p50 = status?.voice?.responseP50Ms;
  const quick = p50 === undefined ? '' : ` Half of the answers begin within ${p50} ms.`;
  const muted = session.spec.mutedNpcs ?? [];
  const silent = muted.length === 0 ? '' : ` Muted: ${muted.join(', ')}.`;
  const soft =
    reason === 'Listening' || reason === 'Summarising' ? '' : ` ${sentence(o, status, 'Ready', reason)}`;
  const what =
    session.spec.mode === 'Recap'
      ? `a recap of ${session.spec.recapOf ?? 'a session'} has been in the making`
      : 'the NPCs have listened';
  const text = `It runs: ${what}${since(o, session, 'Active')}.${soft}${quick}${silent}`;
  const drifted = findCondition(status?.conditions, 'Drifted');
  const drift = drifted?.status === 'True' ? ` ${drifted.message}` : '';
  const because = cause === undefined || cause.text === '' ? '' : ` ${cause.text}`;
  return {
    verdict: {
      state: 'runs',
      reason,
      well: cause === undefined && drift === '',
      text: `${text}${because}${drift}${replaced(status)}`,
    },
    next: [...(cause?.next ?? []), adviceFor(reason)],
  };
}

/** The operator has not looked at it yet. */
function unseen(o: Observation): Decided {
  const away = programsAway(o, ['operator']);
  const text = 'Nobody has looked at it yet: it has no status.';
  return {
    verdict: {
      state: 'waits',
      reason: 'NotSeen',
      well: false,
      text: `${text}${away === undefined ? '' : ` ${away.text}`}`,
    },
    next: [
      ...(away?.next ?? []),
      {
        who: 'the platform team',
        step: 'If it stays so for more than a few seconds: see whether the operator runs and leads.',
        command: 'kubectl -n {system} get pods -l skald.dev/component=controller',
      },
    ],
  };
}

/** What was asked of the operator while no operator runs: nothing else matters then. */
function neglected(o: Observation, session: Live<VoiceSession>): Decided | undefined {
  const { metadata, spec, status } = session;
  const over = status?.phase === 'Ended' || status?.phase === 'Failed';
  const deleted = metadata.deletionTimestamp !== undefined;
  const away = programsAway(o, ['operator']);
  if (over && deleted && (metadata.finalizers ?? []).length > 0) {
    const text = `It is over and was deleted; its object waits for ${(metadata.finalizers ?? []).join(', ')}.${away === undefined ? '' : ` ${away.text}`}`;
    const wait: Advice = {
      who: 'nobody',
      step: 'The object goes by itself once the operator has let it go.',
    };
    return {
      verdict: { state: 'ends', reason: 'Deleted', well: away === undefined, text },
      next: [...(away?.next ?? []), wait],
    };
  }
  const asked = deleted ? 'deleted' : spec.desiredState === 'Stopped' ? 'stopped' : undefined;
  if (over || asked === undefined || away === undefined) return undefined;
  const text = `It was ${asked}, and nobody acts on that. ${away.text}`;
  return { verdict: { state: 'ends', reason: 'OperatorAway', well: false, text }, next: away.next };
}

/** The condition's sentence, or what the reason means. */
function sentence(
  o: Observation,
  status: VoiceSessionStatus | undefined,
  type: 'Admitted' | 'Ready' | 'Ended',
  reason: string,
): string {
  const message = findCondition(status?.conditions, type)?.message ?? '';
  if (message !== '') return message;
  return meaningOf(reason) ?? `The reason is ${reason}, which this version does not know (${o.name}).`;
}

function ending({ spec, status }: Live<VoiceSession>): string {
  const { phase, startedAt, activeAt, endedAt } = status ?? {};
  if (phase === 'Ended')
    return startedAt === undefined
      ? 'It ended before it began.'
      : `It ended${lasted(activeAt ?? startedAt, endedAt)}.`;
  if (startedAt === undefined) return 'It never started.';
  if (activeAt === undefined) {
    return spec.mode === 'Recap'
      ? 'It started, but nothing was written.'
      : 'It started, but the NPCs never listened.';
  }
  return `It broke off${lasted(activeAt, endedAt)}.`;
}

function lasted(from: string, to: string | undefined): string {
  return to === undefined ? '' : ` after ${shortDuration(Date.parse(to) - Date.parse(from))}`;
}

/** Pods that are gone are told by this number alone. */
function replaced(status: VoiceSessionStatus | undefined): string {
  const restarts = status?.worker?.restarts ?? 0;
  return restarts === 0 ? '' : ` The worker was replaced or restarted ${counted(restarts, 'time')}.`;
}

/** With which code the last worker ended, where the message does not say it. */
function exitOf({ pods }: Observation, status: VoiceSessionStatus | undefined): string {
  const exit = pods.findLast((pod) => pod.exit !== undefined)?.exit;
  const said = findCondition(status?.conditions, 'Ended')?.message ?? '';
  return exit === undefined || exit.code === 0 || said.includes(`exit code ${exit.code}`)
    ? ''
    : ` The last worker ended with exit code ${exit.code}.`;
}

function summary(status: VoiceSessionStatus | undefined): string {
  const { utterances, replies, spendUSD } = status?.result ?? {};
  if (utterances === undefined && replies === undefined) return '';
  const cost = spendUSD === undefined || spendUSD === 0 ? '' : ` It cost ${spendUSD.toFixed(2)} USD.`;
  return ` ${utterances ?? 0} utterances were heard and ${replies ?? 0} answers spoken.${cost}`;
}

/** ` for 42s`: how long it has been in its phase. */
function since(o: Observation, session: Live<VoiceSession>, phase: Phase): string {
  const from = sinceOf(session, phase);
  return from === undefined ? '' : ` for ${shortDuration(o.now.getTime() - Date.parse(from))}`;
}

/** How long an applied session goes on waiting. */
function patience(o: Observation, { metadata, spec }: Live<VoiceSession>): string {
  if (o.tenant.state !== 'there' || metadata.creationTimestamp === undefined) return '';
  if (spec.requestedBy?.interactionId !== undefined) return '';
  const limit = o.tenant.object.admissionTimeoutSeconds;
  const left = Date.parse(metadata.creationTimestamp) + limit * 1000 - o.now.getTime();
  return left > 0 ? ` It gives up in ${shortDuration(left)}.` : '';
}

/** What is over can be tried again at once when nothing stands in its way any more. */
function adviceOf(o: Observation, reason: string, status: VoiceSessionStatus | undefined): Advice {
  const again =
    status?.phase === 'Failed' &&
    ((reason === 'TenantNotReady' &&
      o.tenant.state === 'there' &&
      isTrue(o.tenant.object.conditions, 'Ready')) ||
      (reason === 'CampaignNotReady' &&
        o.campaign.state === 'there' &&
        isTrue(o.campaign.object.conditions, 'Ready')));
  if (again) {
    const what = reason === 'TenantNotReady' ? 'Tenant {tenant}' : 'Campaign {campaign}';
    return { who: 'whoever plays', step: `${what} is ready by now: start the session again.` };
  }
  return adviceFor(reason, status?.endReason);
}

function namesOf(o: Observation): Names {
  const { session, tenant, namespace } = o;
  const bot = tenant.state === 'there' ? tenant.object.gateway : undefined;
  return {
    namespace,
    session: o.name,
    tenant: tenant.state === 'there' ? tenant.object.name : namespace.replace(/^skald-/, ''),
    campaign: session?.spec.campaignRef.name ?? o.records[0]?.campaign ?? '<campaign>',
    guild: session?.spec.guildId ?? '<server>',
    channel: session?.spec.voiceChannelId ?? '<channel>',
    system: bot?.includes('/') ? (bot.split('/')[0] ?? o.systemNamespace) : o.systemNamespace,
    gateway: bot?.split('/').at(-1) ?? 'skald-gateway-0',
    pod: o.pods.at(-1)?.name ?? session?.status?.worker?.podName ?? `-l skald.dev/voicesession=${o.name}`,
  };
}

function withoutRepetition(all: readonly Advice[]): Advice[] {
  return all.filter((one, index) => all.findIndex(({ step }) => step === one.step) === index);
}
