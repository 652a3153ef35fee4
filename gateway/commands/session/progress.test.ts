import { describe, expect, test } from 'vitest';
import { messagesFor } from '../../messages/catalogue.ts';
import { aSession } from '../../sessions/fixtures.ts';
import { describeProgress } from './progress.ts';
import { sessionName } from './start.ts';

const en = messagesFor('en-US');
const de = messagesFor('de');

describe('describeProgress', () => {
  test.each([
    [undefined, 'will begin', false],
    ['Provisioning', 'is being prepared', false],
    ['Connecting', 'joining <#100000000000000002>', false],
    ['Active', 'listening', false],
    ['Draining', 'finishing', false],
    ['Ended', 'has ended', true],
    ['Failed', 'could not go on', true],
  ] as const)('phase %s', (phase, text, final) => {
    const session = aSession(phase === undefined ? {} : { status: { phase } });
    const progress = describeProgress(session, en);
    expect(progress.text).toContain(text);
    expect(progress.final).toBe(final);
  });

  test('waiting says for what', () => {
    const session = aSession({ status: { phase: 'Pending', reason: 'CampaignBusy' } });
    expect(describeProgress(session, en).text).toContain('this campaign is being played in another session');
  });

  test("a reason without a sentence of its own shows the operator's", () => {
    const session = aSession({
      status: {
        phase: 'Failed',
        reason: 'StartTimedOut',
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            reason: 'StartTimedOut',
            message: 'The worker did not listen within 120 s.',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      },
    });
    const { text } = describeProgress(session, en);
    expect(text).toContain('The worker did not listen within 120 s (session `night-1`).');
  });

  test('a reason that is the name of something on every object is no sentence', () => {
    const session = aSession({ status: { phase: 'Failed', reason: 'constructor' } });
    expect(describeProgress(session, en).text).toContain('constructor (session');
  });

  test('a degraded session says what is wrong', () => {
    const session = aSession({
      status: { phase: 'Degraded', voice: { message: 'Recognition does not answer.' } },
    });
    expect(describeProgress(session, en).text).toContain('Recognition does not answer.');
  });

  test('speaks German', () => {
    const session = aSession({ status: { phase: 'Ended', endReason: 'Idle' } });
    expect(describeProgress(session, de).text).toBe(
      '**night** ist zu Ende: eine Weile hat niemand gesprochen.',
    );
  });
});

describe('sessionName', () => {
  test('is the same for the same interaction, and another for another', () => {
    expect(sessionName('night', '1')).toBe(sessionName('night', '1'));
    expect(sessionName('night', '1')).not.toBe(sessionName('night', '2'));
  });

  test('is a label, however long the campaign is', () => {
    const name = sessionName(`${'a'.repeat(42)}-${'b'.repeat(20)}`, '1');
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(63);
  });
});
