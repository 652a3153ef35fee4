// Every pair of state and observation: the decision is legal, consistent, and the one that the golden table says.
import { describe, expect, test } from 'vitest';
import {
  endReasons,
  exitOutcomes,
  findCondition,
  isFinal,
  isLegal,
  isLive,
  isTrue,
  type Phase,
  pendingReasons,
  phases,
  sessionReasons,
  voiceReasons,
} from '../../src/api/index.ts';
import { classesOf, type Labels, observations } from './classes.ts';
import { type Decision, decide } from './decide.ts';
import type { Observation } from './observation.ts';

const REASONS = new Set(
  [endReasons, exitOutcomes, pendingReasons, sessionReasons, voiceReasons].flatMap((table) =>
    Object.keys(table),
  ),
);
const STATES: readonly (Phase | undefined)[] = [undefined, ...phases];

/** What is wrong with the decision; empty when nothing is. */
function problems(o: Observation, { status, action, wakeAt }: Decision): string[] {
  const from: Phase = o.session.status?.phase ?? 'Pending';
  const to: Phase = status.phase ?? 'Pending';
  const moved = to !== o.session.status?.phase;
  const ending = to === 'Draining' || isFinal(to);
  const working = o.pods.some(({ state }) => state !== 'ended');
  const { kind } = action;
  const ended = findCondition(status.conditions, 'Ended')?.status;
  const say = (wrong: boolean, what: string): string[] => (wrong ? [what] : []);
  return [
    ...say(!isLegal(from, to), `${from} does not become ${to}`),
    ...say('voice' in status, 'writes what is the gateway’s'),
    ...say(ending !== (status.endReason !== undefined), `${to} with endReason ${status.endReason}`),
    ...say(isFinal(to) !== (status.endedAt !== undefined), `${to} with endedAt ${status.endedAt}`),
    ...say(isTrue(status.conditions, 'Ready') !== (to === 'Active'), `${to} with another Ready`),
    ...say(ending !== (ended !== undefined), `${to} with the condition Ended`),
    ...say(isFinal(to) !== (ended === 'True'), `${to} with Ended ${ended}`),
    ...say(isLive(to) && !isTrue(status.conditions, 'Admitted'), `${to}, not admitted`),
    ...say(isLive(to) && status.startedAt === undefined, `${to}, never started`),
    ...say(to === 'Active' && status.activeAt === undefined && moved, 'Active since when?'),
    ...say(moved && to !== 'Pending' && (status.reason ?? '') === '', `${to} without a reason`),
    ...say(status.reason !== undefined && !REASONS.has(status.reason), `reason ${status.reason}`),
    ...say(kind === 'claim' && from !== 'Pending', 'claims again'),
    ...say(kind === 'claimSpare' && from !== 'Pending', 'takes another worker'),
    ...say(
      (kind === 'issue' || kind === 'provision') && (ending || (!isLive(from) && from !== 'Pending')),
      `${kind} in ${from}`,
    ),
    ...say(kind === 'provision' && !isLive(to), `a Job in ${to}`),
    ...say(kind === 'provision' && o.certificate.state !== 'issued', 'a Job without a certificate'),
    ...say(
      kind === 'provision' && from === 'Pending' && o.claims.state !== 'held',
      'a Job without the claims',
    ),
    ...say(kind === 'renew' && (ending || !isLive(from)), `renews a certificate in ${from}`),
    ...say(kind === 'renew' && o.certificate.state !== 'none', 'renews for ever'),
    ...say(kind === 'evict' && !isLive(to), `evicts in ${to}`),
    ...say(kind === 'kill' && from !== 'Draining', `kills in ${from}`),
    ...say(kind === 'cleanUp' && isLive(from), `gives back in ${from} what it needs`),
    ...say(kind === 'cleanUp' && from === 'Draining' && working, 'gives the claims back under its worker'),
    ...say(kind === 'cleanUp' && o.cleaned, 'cleans up for ever'),
    ...say(kind === 'release' && !isFinal(to), `lets go in ${to}`),
    ...say(kind === 'release' && !o.settled, 'lets go before it is counted'),
    ...say(kind === 'forget' && !isFinal(from), `forgets in ${from}`),
    ...say(isFinal(to) && !isFinal(from) && !o.cleaned, 'is over with things left'),
    ...say(isFinal(to) && from === 'Draining' && working, 'is over while its worker works'),
    // Events may be all that happens next; what is due at a time must say so.
    ...say(!isFinal(to) && !moved && kind === 'none' && wakeAt === undefined, `${to} waits for nothing`),
  ];
}

/** For people: what is decided in a phase, and in which classes of observations only. */
class Golden {
  readonly #rows = new Map<string, { count: number; seen: Map<string, Set<string>> }>();

  add(labels: Labels, { status, action }: Decision): void {
    const end = status.endReason === undefined ? '' : ` (${status.endReason})`;
    const key = `${status.phase ?? 'Pending'}${end} ${status.reason ?? '-'} ${action.kind}`;
    const row = this.#rows.get(key) ?? { count: 0, seen: new Map<string, Set<string>>() };
    row.count++;
    for (const [name, label] of Object.entries(labels)) {
      row.seen.set(name, (row.seen.get(name) ?? new Set<string>()).add(label));
    }
    this.#rows.set(key, row);
  }

  text(phase: Phase | undefined): string {
    const all = classesOf(phase);
    const total = Object.values(all).reduce((product, { length }) => product * length, 1);
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = rows.map(([key, { count, seen }]) => {
      const only = Object.entries(all).flatMap(([name, labels]) => {
        const there = labels.filter((label) => seen.get(name)?.has(label));
        if (there.length === labels.length) return [];
        const missing = labels.filter((label) => !there.includes(label));
        return there.length <= missing.length
          ? [`${name}: ${there.join(' | ')}`]
          : [`${name}: not ${missing.join(', not ')}`];
      });
      return `  ${key}  [${count}]${only.map((one) => `\n      ${one}`).join('')}`;
    });
    return `${phase ?? 'new'}, ${total} observations\n${lines.join('\n')}\n`;
  }
}

describe('every observation', () => {
  const goldens: string[] = [];

  test.each(STATES)('of a session that is %s has a decision that is legal and consistent', (phase) => {
    const golden = new Golden();
    const wrong = new Map<string, Labels>();
    for (const [labels, observation] of observations(phase)) {
      const decision = decide(observation);
      golden.add(labels, decision);
      for (const problem of problems(observation, decision)) {
        if (!wrong.has(problem)) wrong.set(problem, labels);
      }
    }
    expect([...wrong]).toEqual([]);
    goldens.push(golden.text(phase));
  });

  // After a deliberate change: `vitest run --project unit -u`, and read the difference.
  test('has the decision that the golden table says', async () => {
    const head = 'phase (endReason) reason action [observations], and the classes that it is limited to.\n\n';
    await expect(head + goldens.join('\n')).toMatchFileSnapshot('./decide.table.golden.txt');
  });
});
