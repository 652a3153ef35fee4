import { describe, expect, test } from 'vitest';
import type { ConsentNotice, NoticeState } from '../src/rpc/generated/skald/v1/gateway.ts';
import { Consent } from './consent.ts';

const MODES: Readonly<Record<'spoken' | 'text' | 'both', ConsentNotice>> = {
  spoken: { words: 'You are heard.', spoken: true, text: false },
  text: { words: 'You are heard.', spoken: false, text: true },
  both: { words: 'You are heard.', spoken: true, text: true },
};

function table(notice: ConsentNotice | undefined) {
  const sent: NoticeState[] = [];
  const sayings: { words: string; done: (heard: boolean) => Promise<void> }[] = [];
  const timers: (() => void)[] = [];
  const consent = new Consent(
    {
      say: (words) => {
        const { promise, resolve } = Promise.withResolvers<boolean>();
        sayings.push({
          words,
          done: async (heard) => {
            resolve(heard);
            await promise;
            // What follows in the same turn of the loop.
            await Promise.resolve();
            await Promise.resolve();
          },
        });
        return promise;
      },
      send: (state) => sent.push(state),
      setTimeout: (callback) => timers.push(callback),
    },
    notice,
  );
  const asked = () => sent.flatMap(({ tell }) => tell);
  return { consent, sent, sayings, timers, asked };
}

const told = (...userIds: string[]) => ({ told: userIds, notTold: [], spoken: false });

test('without a notice everybody is heard', () => {
  const { consent, sent } = table(undefined);
  consent.members(['ann']);
  expect(consent.hears('ann')).toBe(true);
  expect(sent).toEqual([]);
});

describe('text', () => {
  test('nobody is heard before the gateway has told them', () => {
    const { consent, asked, sayings } = table(MODES.text);
    expect(consent.hears('ann')).toBe(false);
    consent.members(['ann', 'ben']);
    expect(asked()).toEqual(['ann', 'ben']);
    expect(consent.hears('ann')).toBe(false);
    consent.noticed(told('ann'));
    expect([consent.hears('ann'), consent.hears('ben')]).toEqual([true, false]);
    expect(sayings).toEqual([]);
  });

  test('who joins later is told then, once, however often they come back', () => {
    const { consent, asked } = table(MODES.text);
    consent.members(['ann']);
    consent.noticed(told('ann'));
    consent.members(['ann', 'ben']);
    consent.members(['ann']);
    consent.members(['ann', 'ben']);
    expect(asked()).toEqual(['ann', 'ben']);
    consent.noticed(told('ben'));
    consent.members([]);
    consent.members(['ben']);
    expect(asked()).toEqual(['ann', 'ben']);
    expect(consent.hears('ben')).toBe(true);
  });

  test('whom no text reaches is told aloud', async () => {
    const { consent, sayings } = table(MODES.text);
    consent.members(['ann']);
    consent.noticed({ told: [], notTold: ['ann'], spoken: false });
    expect(sayings.map(({ words }) => words)).toEqual(['You are heard.']);
    expect(consent.hears('ann')).toBe(false);
    await sayings[0]?.done(true);
    expect(consent.hears('ann')).toBe(true);
  });
});

describe('spoken', () => {
  test('nobody is heard before its end, nor do NPCs talk', async () => {
    const { consent, sayings, asked, sent } = table(MODES.spoken);
    let talked = false;
    void consent.mayTalk.then(() => {
      talked = true;
    });
    consent.members(['ann']);
    consent.members(['ann', 'ben']);
    expect(sayings).toHaveLength(1);
    expect([consent.hears('ann'), talked]).toEqual([false, false]);
    await sayings[0]?.done(true);
    expect([consent.hears('ann'), talked]).toEqual([true, true]);
    // Ben came in its middle: he is told in text.
    expect(consent.hears('ben')).toBe(false);
    expect(asked()).toEqual(['ben']);
    expect(sent.some((state) => state.spoken && state.told.includes('ann'))).toBe(true);
  });

  test('waits for somebody to say it to', () => {
    const { consent, sayings } = table(MODES.spoken);
    consent.members([]);
    expect(sayings).toEqual([]);
    consent.members(['ann']);
    expect(sayings).toHaveLength(1);
  });

  test('is said again until it was heard', async () => {
    const { consent, sayings, timers } = table(MODES.spoken);
    consent.members(['ann']);
    await sayings[0]?.done(false);
    expect(consent.hears('ann')).toBe(false);
    timers[0]?.();
    await sayings[1]?.done(true);
    expect(consent.hears('ann')).toBe(true);
  });

  test('who left before its end was not told', async () => {
    const { consent, sayings } = table(MODES.spoken);
    consent.members(['ann', 'ben']);
    consent.members(['ben']);
    await sayings[0]?.done(true);
    consent.members(['ann', 'ben']);
    expect([consent.hears('ann'), consent.hears('ben')]).toEqual([false, true]);
  });
});

test('both: a text alone does not do before the notice was said', async () => {
  const { consent, sayings, asked } = table(MODES.both);
  consent.members(['ann']);
  expect(asked()).toEqual(['ann']);
  consent.noticed(told('ann'));
  expect(consent.hears('ann')).toBe(false);
  await sayings[0]?.done(true);
  expect(consent.hears('ann')).toBe(true);
});

describe('a restart', () => {
  test('of the worker repeats nothing: the gateway remembers', () => {
    const { consent, sayings, asked } = table(MODES.both);
    consent.noticed({ told: ['ann'], notTold: [], spoken: true });
    consent.members(['ann']);
    expect([sayings, asked()]).toEqual([[], []]);
    expect(consent.hears('ann')).toBe(true);
  });

  test('of the gateway repeats nothing: the worker remembers, and asks again for what was not answered', () => {
    const { consent, sent } = table(MODES.text);
    consent.members(['ann', 'ben']);
    consent.noticed(told('ann'));
    sent.length = 0;
    consent.attached();
    expect(sent).toEqual([
      { tell: [], told: ['ann'], spoken: false },
      { tell: ['ben'], told: ['ann'], spoken: false },
    ]);
  });
});
