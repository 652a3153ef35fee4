import { describe, expect, test } from 'vitest';
import { ago, condition, NOW, session, status } from '../why/fixtures.ts';
import { sessionsTable } from './print.ts';
import { inOrder, rowOf } from './row.ts';

const named = (name: string, phase: Parameters<typeof status>[0], created = ago(600)) =>
  rowOf(session(status(phase, 'Because', 'Said.'), { metadata: { name, creationTimestamp: created } }));
const options = { all: false, namespace: 'skald-demo', now: NOW, colour: false };

describe('a row', () => {
  test('has everything that the status knows', () => {
    const row = rowOf(
      session(
        status('Ended', 'ChannelEmpty', 'Everyone left.', {
          endedAt: ago(60),
          voice: { responseP50Ms: 640, spendUSD: 0.1 },
          result: { replies: 17, spendUSD: 0.42 },
          worker: { restarts: 2, node: 'node-1' },
        }),
        { spec: { requestedBy: { userId: '3', displayName: 'Robin' } } },
      ),
    );
    expect(row).toMatchObject({
      since: ago(60),
      answers: 17,
      responseP50Ms: 640,
      spendUSD: 0.42,
      restarts: 2,
      requestedBy: 'Robin',
    });
  });

  test.each([
    ['Pending', ago(120)],
    ['Provisioning', ago(110)],
    ['Connecting', ago(50)],
    ['Active', ago(40)],
    ['Degraded', ago(40)],
    ['Draining', ago(30)],
    ['Failed', ago(20)],
  ] as const)('says since when it is %s', (phase, since) => {
    const conditions = [
      condition('WorkerScheduled', 'True', 'Scheduled', 'There.', ago(50)),
      condition('Ready', 'True', 'Listening', 'They listen.', ago(40)),
      condition('Ended', 'False', 'Requested', 'Soon.', ago(30)),
    ];
    const one = session({ phase, conditions, startedAt: ago(110), endedAt: ago(20) });
    expect(rowOf(one).since).toBe(since);
  });

  test('of a session that nobody has looked at yet is Pending', () => {
    expect(rowOf(session(undefined))).toMatchObject({ phase: 'Pending', restarts: 0 });
  });
});

test('what needs a look comes first, then the newest', () => {
  const rows = [
    named('over', 'Ended'),
    named('old', 'Active', ago(900)),
    named('new', 'Active', ago(300)),
    named('bad', 'Degraded', ago(1000)),
    named('failed', 'Failed', ago(10)),
  ];
  expect(inOrder(rows).map(({ name }) => name)).toEqual(['bad', 'new', 'old', 'failed', 'over']);
});

describe('the table', () => {
  test('shows what is not over, and says what it does not show', () => {
    expect(sessionsTable([named('friday', 'Active'), named('over', 'Ended')], options)).toBe(
      [
        'NAME    CAMPAIGN  PHASE   SINCE  ANSWERS  P50  SPEND  RESTARTS  AGE  REASON',
        'friday  village   Active  60s    -        -    -      0         10m  Because',
        '1 ended session not shown; --all shows them',
        '',
      ].join('\n'),
    );
  });

  test('names the namespace when it shows several', () => {
    const text = sessionsTable([named('friday', 'Active')], { ...options, namespace: undefined, all: true });
    expect(text).toMatch(/^NAMESPACE {3}NAME/);
    expect(text).toContain('skald-demo  friday');
  });

  test('says so when there is none', () => {
    expect(sessionsTable([named('over', 'Ended')], options)).toBe(
      'No session runs in namespace skald-demo.\n1 ended session not shown; --all shows them\n',
    );
  });

  test('is coloured by phase', () => {
    expect(sessionsTable([named('bad', 'Degraded')], { ...options, colour: true })).toContain(
      '\u001b[33mbad',
    );
  });
});
