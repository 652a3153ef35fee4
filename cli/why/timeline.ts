// The story: every fact that has a time, in order.
import { annotations, conditionTypes, exitName, exitOutcome } from '../../src/api/index.ts';
import type { EventFact, JobFact, LogLine, Observation, PodFact } from './observation.ts';

export type Source =
  | 'session'
  | 'condition'
  | 'event'
  | 'job'
  | 'pod'
  | 'database'
  | 'operator'
  | 'gateway'
  | 'worker';

export interface Moment {
  /** RFC 3339. */
  readonly at: string;
  readonly source: Source;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Of what came several times: how often, and when last. */
  readonly times?: number;
  readonly until?: string;
}

/** What happened at the same time is told in this order. */
const RANK: readonly Source[] = [
  'session',
  'event',
  'condition',
  'operator',
  'job',
  'pod',
  'gateway',
  'worker',
  'database',
];
/** A condition and the Event about the same change are written this close together, milliseconds. */
const SAME_CHANGE_MS = 2_000;

/** @param since only what was at this time or later */
export function timelineOf(o: Observation, since?: Date): Moment[] {
  const moments = [
    ...sessionMoments(o),
    ...conditionMoments(o),
    ...o.events.map(eventMoment),
    ...(o.job === undefined ? [] : jobMoments(o.job)),
    ...o.pods.flatMap(podMoments),
    ...recordMoments(o),
    ...o.logs.map(logMoment),
  ];
  const from = since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const known = moments.filter(({ at, until }) => Date.parse(until ?? at) >= from);
  return collapse(known.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || rank(a) - rank(b)));
}

function rank({ source }: Moment): number {
  return RANK.indexOf(source);
}

/** The same said again and again by one source is one line. */
function collapse(moments: readonly Moment[]): Moment[] {
  const told: Moment[] = [];
  for (const moment of moments) {
    const last = told.at(-1);
    if (last?.source === moment.source && last.text === moment.text && last.level === moment.level) {
      const times = (last.times ?? 1) + (moment.times ?? 1);
      told[told.length - 1] = { ...last, times, until: moment.until ?? moment.at };
    } else told.push(moment);
  }
  return told;
}

function moment(
  at: string | undefined,
  source: Source,
  text: string,
  level: Moment['level'] = 'info',
): Moment[] {
  return at === undefined || Number.isNaN(Date.parse(at)) ? [] : [{ at, source, level, text }];
}

function sessionMoments({ session }: Observation): Moment[] {
  if (session === undefined) return [];
  const { metadata, spec, status } = session;
  const { displayName, userId } = spec.requestedBy ?? {};
  const who =
    userId === undefined ? 'applied to the cluster' : `asked for in Discord by ${displayName ?? userId}`;
  const recap = spec.mode === 'Recap';
  const what = recap
    ? `a recap of ${spec.recapOf ?? 'a session'}`
    : `campaign ${spec.campaignRef.name} in Discord server ${spec.guildId}`;
  const reference = metadata.annotations?.[annotations.correlationId];
  const named = reference === undefined ? '' : ` (reference ${reference})`;
  const listened = seconds(status?.startedAt, status?.activeAt);
  const after = listened === undefined ? '' : `, ${listened} s after it was admitted`;
  return [
    ...moment(metadata.creationTimestamp, 'session', `Created: ${who}, ${what}${named}`),
    ...moment(
      status?.startedAt,
      'session',
      recap ? 'Admitted' : 'Admitted: it holds the Discord server and the campaign',
    ),
    ...moment(
      status?.activeAt,
      'session',
      `${recap ? 'The recap was begun' : 'The NPCs listened for the first time'}${after}`,
    ),
    ...moment(metadata.deletionTimestamp, 'session', 'Somebody deleted it', 'warning'),
    ...moment(
      status?.endedAt,
      'session',
      `${status?.phase ?? 'Ended'}: ${status?.endReason ?? status?.reason ?? 'no reason is known'}`,
      status?.phase === 'Failed' ? 'error' : 'info',
    ),
  ];
}

/** Those that say something bad when they are True, or that are over when they are False. */
const BAD_WHEN_TRUE = new Set(['Moving', 'Drifted']);

function conditionMoments({ session, events }: Observation): Moment[] {
  const known: readonly string[] = conditionTypes.VoiceSession;
  return (session?.status?.conditions ?? []).flatMap((condition) => {
    const { type, status, reason, message, lastTransitionTime } = condition;
    const at = Date.parse(lastTransitionTime);
    const told = events.some(
      (event) => event.note.includes(message) && Math.abs(Date.parse(event.at) - at) <= SAME_CHANGE_MS,
    );
    if (told && message !== '') return [];
    // Ended says the end when it is True; False is said while it drains.
    const expected = !known.includes(type) || type === 'Ended' || BAD_WHEN_TRUE.has(type) ? 'False' : 'True';
    const level = status === expected || type === 'Ended' ? 'info' : 'warning';
    return moment(lastTransitionTime, 'condition', `${type}=${status} ${reason}: ${message}`, level);
  });
}

function eventMoment({ at, until, times, object, warning, reason, note }: EventFact): Moment {
  const who = object.startsWith('VoiceSession ') ? '' : ` (${object})`;
  return {
    at,
    source: 'event',
    level: warning ? 'warning' : 'info',
    text: `${reason}${who}: ${note}`,
    ...(times > 1 ? { times } : {}),
    ...(until === undefined || until === at ? {} : { until }),
  };
}

function jobMoments({ name, createdAt, finished }: JobFact): Moment[] {
  const how = finished?.failed ? `failed: ${finished.reason}: ${finished.message}` : 'is complete';
  return [
    ...moment(createdAt, 'job', `Job ${name} created`),
    ...moment(finished?.at, 'job', `Job ${name} ${how}`, finished?.failed ? 'error' : 'info'),
  ];
}

function podMoments(pod: PodFact): Moment[] {
  const node = pod.node === undefined ? '' : ` on node ${pod.node}`;
  const { exit, restarts } = pod;
  const again = restarts === 0 ? '' : ` (${restarts} restarts of its container)`;
  return [
    ...moment(pod.createdAt, 'pod', `Pod ${pod.name} created`),
    ...moment(pod.startedAt, 'pod', `Pod ${pod.name} runs${node}${again}`),
    ...(exit === undefined
      ? []
      : moment(
          exit.at,
          'pod',
          `Pod ${pod.name} ended: ${exitText(exit)}`,
          exit.code === 0 ? 'info' : 'warning',
        )),
  ];
}

/** `exit code 75 (Temporary): Something else was not there …`. */
export function exitText({ code, reason }: { readonly code: number; readonly reason: string }): string {
  const memory = reason === 'OOMKilled' ? ' It was killed for lack of memory.' : '';
  return `exit code ${code} (${exitName(code) ?? 'a crash'}): ${exitOutcome(code).meaning}${memory}`;
}

function recordMoments({ records, session }: Observation): Moment[] {
  const own = records.filter(({ uid }) => session === undefined || uid === session.metadata.uid);
  return own.flatMap(({ startedAt, endedAt, endReason, utterances, answers, lastSaidAt }) => [
    ...moment(startedAt.toISOString(), 'database', 'A worker took the session up'),
    ...moment(
      lastSaidAt?.toISOString(),
      'database',
      `The last words of the transcript: ${utterances} utterances of players, ${answers} answers`,
    ),
    ...moment(
      endedAt?.toISOString(),
      'database',
      `The worker wrote the end: ${endReason ?? 'without a reason'}`,
    ),
  ]);
}

function logMoment({ at, source, level, text }: LogLine): Moment {
  return { at, source, level, text };
}

function seconds(from: string | undefined, to: string | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : (Date.parse(to) - Date.parse(from)) / 1000;
}
