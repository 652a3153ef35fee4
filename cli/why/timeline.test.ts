import { describe, expect, test } from 'vitest';
import { explain } from './explain.ts';
import { ago, condition, event, line, observation, pod, session, status } from './fixtures.ts';
import { printedStory } from './print.ts';
import { timelineOf } from './timeline.ts';

describe('the story', () => {
  test('is in order of time, with its source; what is said again and again is one line', () => {
    const told = timelineOf(
      observation({
        events: [event('Active', 'The NPCs listen after 2 s.', { at: ago(100) })],
        logs: [line('Turn', { at: ago(90) }), line('Turn', { at: ago(80) }), line('Turn', { at: ago(70) })],
      }),
    );
    expect(told.map(({ source }) => source)).toEqual([
      'session',
      'session',
      'job',
      'pod',
      'pod',
      'session',
      'event',
      'worker',
      'condition',
    ]);
    expect(told.find(({ source }) => source === 'worker')).toMatchObject({
      at: ago(90),
      times: 3,
      until: ago(70),
    });
    expect([...told].sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ at }) => at)).toEqual(
      told.map(({ at }) => at),
    );
  });

  test('tells a change once, when a condition and an Event say it', () => {
    const message = 'The worker has lost its gateway; audio flows on.';
    const lost = session({
      phase: 'Degraded',
      reason: 'GatewayUnreachable',
      conditions: [condition('Ready', 'False', 'GatewayUnreachable', message, ago(60))],
    });
    const events = [event('GatewayUnreachable', message, { at: ago(59), warning: true })];
    const told = timelineOf(observation({ session: lost, events }));
    expect(told.filter(({ text }) => text.includes(message))).toHaveLength(1);
    const earlier = [event('GatewayUnreachable', message, { at: ago(100), warning: true })];
    const twice = timelineOf(observation({ session: lost, events: earlier }));
    expect(twice.filter(({ text }) => text.includes(message))).toHaveLength(2);
  });

  test('who asked for it; a pod that is gone is told by Events alone', () => {
    const requestedBy = { userId: '3', displayName: 'Robin', interactionId: '9' };
    const told = timelineOf(
      observation({
        session: session(undefined, { spec: { requestedBy } }),
        pods: [],
        job: undefined,
        events: [event('Scheduled', 'Assigned to node-1', { object: 'Pod friday-91d0c3a7-x2k9p' })],
      }),
    );
    expect(told.map(({ text }) => text)).toEqual([
      'Created: asked for in Discord by Robin, campaign village in Discord server 100000000000000002',
      'Scheduled (Pod friday-91d0c3a7-x2k9p): Assigned to node-1',
    ]);
  });

  test('rows of another session that had the name before are not told', () => {
    const record = {
      uid: 'another',
      campaign: 'village',
      startedAt: new Date(ago(9000)),
      utterances: 1,
      answers: 1,
    };
    expect(timelineOf(observation({ records: [record] })).some(({ source }) => source === 'database')).toBe(
      false,
    );
  });
});

test('for people: the day, the times, what could not be read, the verdict and the next step', () => {
  const seen = observation({
    session: session(
      status('Failed', 'ConfigurationError', 'The configuration cannot work.', {
        endedAt: ago(30),
        startedAt: ago(100),
      }),
    ),
    pods: [pod({ state: 'ended', exit: { code: 64, reason: 'Error', at: ago(31) } })],
    job: undefined,
  });
  const unread = [
    { what: 'the log of the gateway', why: 'You may not get pods/log in skald-system.', how: 'Ask.' },
  ];
  const text = printedStory(explain(seen), unread, false);
  expect(text).toContain(
    'VoiceSession skald-demo/friday  Failed\n\n— 2030-06-07 (UTC)\n20:28:00  session    Created',
  );
  expect(text).toContain(
    '20:29:29  pod        Pod friday-91d0c3a7-x2k9p ended: exit code 64 (ConfigurationError)',
  );
  expect(text).toContain(
    'Not read: the log of the gateway. You may not get pods/log in skald-system.\n          Ask.',
  );
  expect(text).toContain(
    '\nVerdict: It started, but the NPCs never listened. The configuration cannot work.',
  );
  expect(text).toMatch(
    /\nNext: {4}Trying again gives the same\..* \(the platform team\)\n {11}kubectl -n skald-demo logs friday-91d0c3a7-x2k9p/,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  expect(text).not.toMatch(/\u001b/);
});
