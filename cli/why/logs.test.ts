import { describe, expect, test } from 'vitest';
import { type Identity, linesAbout } from './logs.ts';

const identity: Identity = {
  namespace: 'skald-demo',
  name: 'friday',
  others: new Set(['uid-1', 'friday-91d0c3a7', '99']),
};
const json = (fields: object) =>
  JSON.stringify({ level: 'info', time: '2030-06-07T20:00:00.000Z', program: 'gateway', ...fields });
const about = (...lines: string[]) =>
  linesAbout(lines.join('\n'), identity, { source: 'gateway', pod: 'skald-gateway-0-0', whole: false });
const ofWorker = (...lines: string[]) =>
  linesAbout(lines.join('\n'), identity, { source: 'worker', pod: 'w', whole: true });

describe('lines about a session', () => {
  test.each([
    ['its name', { session: 'friday' }],
    ['its full name', { key: 'skald-demo/friday' }],
    ['its UID', { uid: 'uid-1' }],
    ['its Job', { worker: 'friday-91d0c3a7' }],
    ['its interaction', { interaction: '99' }],
  ])('name it by %s', (_, fields) => {
    expect(about(json({ msg: 'Something', ...fields }))).toHaveLength(1);
  });

  test.each([
    ['another session', { session: 'thursday' }],
    ['the same name in another namespace', { key: 'skald-other/friday' }],
    ['the same name with another namespace beside it', { session: 'friday', namespace: 'skald-other' }],
    ['the name in another field', { campaign: 'friday' }],
    ['less than info', { session: 'friday', level: 'debug' }],
  ])('not of %s', (_, fields) => {
    expect(about(json({ msg: 'Something', ...fields }))).toEqual([]);
  });

  test('say the message, what went wrong and the plain fields; with the API server’s time in front of them, too', () => {
    const line = json({
      session: 'friday',
      msg: 'Worker attached',
      pod: 'x',
      nested: {},
      err: { message: 'reset' },
      level: 'warn',
    });
    expect(about(`2030-06-07T20:00:00.123456789Z ${line}`)).toEqual([
      {
        at: '2030-06-07T20:00:00.000Z',
        source: 'gateway',
        pod: 'skald-gateway-0-0',
        level: 'warning',
        text: 'Worker attached: reset (pod=x)',
      },
    ]);
  });

  test('of its own worker are all of them, and what a crash wrote', () => {
    const lines = ofWorker(
      json({ msg: 'Turn' }),
      '2030-06-07T20:00:01.5Z FATAL ERROR: heap out of memory',
      'no time',
      '{"broken":',
    );
    expect(lines.map(({ text, level }) => [level, text])).toEqual([
      ['info', 'Turn'],
      ['error', 'FATAL ERROR: heap out of memory'],
    ]);
    expect(about('2030-06-07T20:00:01.5Z not ours')).toEqual([]);
  });

  test('lose what looks like a secret, and what is too long', () => {
    const [line] = ofWorker(json({ msg: `sent Bearer abcdefghijklmnopqrstuvwxyz ${'x'.repeat(1000)}` }));
    expect(line?.text).toContain('[redacted]');
    expect(line?.text).toHaveLength(400);
  });
});
