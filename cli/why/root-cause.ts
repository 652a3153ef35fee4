// What lies behind a reason: a session says "the Tenant is not ready", the Tenant says why.
import { type Condition, findCondition, isTrue } from '../../src/api/index.ts';
import { didYouMean, nearest } from '../suggest.ts';
import type { Advice } from './advice.ts';
import type { Observation, ProgramFact } from './observation.ts';
import { campaignAdviceFor, tenantAdviceFor } from './reasons.ts';

export interface Finding {
  /** Sentences, to follow the verdict's own. */
  readonly text: string;
  readonly next: readonly Advice[];
}

/** Undefined when the reason says everything. */
export function rootCause(o: Observation, reason: string): Finding | undefined {
  switch (reason) {
    case 'TenantNotReady':
      return tenantCause(o);
    case 'CampaignNotReady':
      return campaignCause(o);
    case 'GuildBusy':
    case 'CampaignBusy':
      return holder(o);
    case 'WorkerPending':
    case 'WorkerStarting':
    case 'WorkerLost':
    case 'Unschedulable':
    case 'ImageUnavailable':
    case 'ContainerFailed':
      return podFault(o, reason);
    case 'StartTimedOut':
    case 'WorkerConnecting':
      return podFault(o, reason) ?? programsAway(o, ['gateway']) ?? lastWords(o);
    case 'WorkerFailed':
    case 'Temporary':
    case 'ConfigurationError':
    case 'IdentityRefused':
      return memory(o) ?? lastWords(o);
    default:
      return o.session?.status?.endedAt === undefined ? programsAway(o, ['gateway', 'operator']) : undefined;
  }
}

function tenantCause({ tenant, namespace, session }: Observation): Finding | undefined {
  if (tenant.state === 'unread') return undefined;
  if (tenant.state === 'absent') {
    return {
      text: `No Tenant has namespace ${namespace}.`,
      next: [
        {
          who: 'the platform team',
          step: 'Make a Tenant for the namespace, or put the session into the namespace of one.',
          command: 'kubectl get tenants -o wide',
        },
      ],
    };
  }
  const { conditions } = tenant.object;
  if (isTrue(conditions, 'Ready')) return undefined;
  const bad = firstBad(conditions);
  if (bad === undefined) return undefined;
  const text = isSaid(session, bad)
    ? ''
    : `Of the Tenant: ${bad.type} is ${bad.status}, ${bad.reason}: ${bad.message}`;
  return { text, next: [tenantAdviceFor(bad.reason)] };
}

/** Whether the session's own conditions repeat it already. */
function isSaid(session: Observation['session'], { message }: Condition): boolean {
  return (session?.status?.conditions ?? []).some((one) => one.message.includes(message));
}

/** The condition that Ready sums up: the first that is not True and is a fault. */
export function firstBad(conditions: readonly Condition[] | undefined): Condition | undefined {
  const ready = findCondition(conditions, 'Ready');
  const others = (conditions ?? []).filter(({ type, status }) => type !== 'Ready' && status !== 'True');
  return others.find(({ reason }) => reason === ready?.reason) ?? others[0] ?? ready;
}

function campaignCause({ campaign, session, campaigns }: Observation): Finding | undefined {
  if (campaign.state === 'unread') return undefined;
  const { name } = session?.spec.campaignRef ?? { name: '' };
  if (campaign.state === 'absent') {
    const near = nearest(name, campaigns);
    const known = campaigns.length === 0 ? ' The namespace has no Campaign at all.' : didYouMean(near);
    return {
      text: `Campaign ${name} does not exist.${known}`,
      next: [
        {
          who: "the campaign's author",
          step: 'Apply the Campaign, or start a session of one that exists.',
          command: 'kubectl -n {namespace} get campaigns',
        },
      ],
    };
  }
  const ready = findCondition(campaign.object.conditions, 'Ready');
  if (ready === undefined || ready.status === 'True') return undefined;
  const text = isSaid(session, ready) ? '' : `Of the Campaign: ${ready.reason}: ${ready.message}`;
  return { text, next: [campaignAdviceFor(ready.reason)] };
}

/** The session that is in the way is named in the message. */
function holder({ session }: Observation): Finding | undefined {
  const said = findCondition(session?.status?.conditions, 'Admitted')?.message ?? '';
  const [, namespace, name] = /VoiceSession ([-a-z0-9]+)\/([-a-z0-9]+)/.exec(said) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return {
    text: '',
    next: [
      {
        who: 'whoever plays',
        step: `See what session ${name} does; stop it there with /session stop, or here:`,
        command: `kubectl -n ${namespace} patch voicesession ${name} --type=merge -p '{"spec":{"desiredState":"Stopped"}}'`,
      },
    ],
  };
}

function podFault({ pods, session }: Observation, reason: string): Finding | undefined {
  const pod = pods.findLast(({ fault }) => fault !== undefined);
  if (pod?.fault === undefined) return undefined;
  const { fault, name } = pod;
  const said = findCondition(session?.status?.conditions, 'Ready')?.message ?? '';
  const text = said.includes(fault.message) ? '' : `Pod ${name}: ${fault.message}`;
  return fault.reason === reason && text === '' ? undefined : { text, next: [] };
}

function memory({ pods }: Observation): Finding | undefined {
  if (!pods.some(({ exit }) => exit?.reason === 'OOMKilled')) return undefined;
  return {
    text: 'It was killed for lack of memory.',
    next: [
      {
        who: 'the platform team',
        step: 'Give the worker more memory: spec.worker.resources.limits.memory of Tenant {tenant}.',
        command: 'kubectl edit tenant {tenant}',
      },
    ],
  };
}

/** What the worker complained of last. */
function lastWords({ logs }: Observation): Finding | undefined {
  const last = logs.findLast(({ source, level }) => source === 'worker' && level !== 'info');
  return last === undefined ? undefined : { text: `The worker’s last complaint: ${last.text}`, next: [] };
}

/** Programs of the installation that do not run, and what that means. */
export function programsAway(
  o: Observation,
  which: readonly ('operator' | 'gateway')[],
): Finding | undefined {
  const away = which.flatMap((name) => {
    const program = o[name];
    return program !== undefined && program.ready === 0 ? [consequence(name, program)] : [];
  });
  if (away.length === 0) return undefined;
  return { text: away.map(({ text }) => text).join(' '), next: away.flatMap(({ next }) => next) };
}

function consequence(which: 'operator' | 'gateway', { name, wanted }: ProgramFact): Finding {
  const why = wanted === 0 ? 'is scaled to 0' : 'has no pod that is ready';
  const component = which === 'operator' ? 'controller' : 'gateway';
  const follows =
    which === 'operator'
      ? 'nothing is started, stopped or cleaned up meanwhile.'
      : 'audio of running sessions goes on, commands are not answered, and no session can start.';
  return {
    text: `The ${which} ${name} ${why}: ${follows}`,
    next: [
      {
        who: 'the platform team',
        step: `Bring the ${which} back.`,
        command: `kubectl -n {system} describe pods -l skald.dev/component=${component}`,
      },
    ],
  };
}
