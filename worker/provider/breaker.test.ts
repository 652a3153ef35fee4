import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.ts';

const policy = { inARow: 3, window: 10, openMs: 15_000 };

/** Each letter is a request at time 0: `.` succeeds, `x` fails, `-` is given up. */
function following(story: string, now = 0): Breaker {
  const breaker = new Breaker(policy);
  for (const letter of story) {
    const admission = breaker.admit(now);
    if (letter === '.') admission?.succeeded();
    else if (letter === 'x') admission?.failed(now);
    else admission?.abandoned();
  }
  return breaker;
}

describe('a breaker', () => {
  it.each([
    ['', 'closed'],
    ['xx', 'closed'],
    ['xxx', 'open'],
    ['xx.xx.xx', 'closed'],
    ['xx--x', 'open'],
    // Half of the last ten is not more than half.
    ['x.x.x.x.x.', 'closed'],
    ['xx.xx.x.x', 'closed'],
    ['xx.xx.x.x.', 'closed'],
    ['xx.xx.x.x.x', 'open'],
    ['..........xx.xx.x.x', 'open'],
    ['------------', 'closed'],
  ] as const)('after %j is %s', (story, state) => expect(following(story).state(0)).toBe(state));

  it('lets nobody through while it is open, and one request after 15 s', () => {
    const breaker = following('xxx', 1000);
    expect(breaker.admit(15_999)).toBeUndefined();
    expect(breaker.remainingMs(6000)).toBe(10_000);
    expect(breaker.state(16_000)).toBe('half-open');
    const probe = breaker.admit(16_000);
    expect(probe).toBeDefined();
    expect(breaker.admit(16_000)).toBeUndefined();
    probe?.succeeded();
    expect(breaker.state(16_001)).toBe('closed');
    expect(breaker.remainingMs(16_001)).toBe(0);
  });

  it('opens again when the request that tried fails', () => {
    const breaker = following('xxx');
    breaker.admit(15_000)?.failed(17_000);
    expect(breaker.state(31_999)).toBe('open');
    expect(breaker.state(32_000)).toBe('half-open');
  });

  it('lets another one try when the one that tried was given up', () => {
    const breaker = following('xxx');
    breaker.admit(15_000)?.abandoned();
    expect(breaker.state(15_000)).toBe('half-open');
    expect(breaker.admit(15_000)).toBeDefined();
  });

  it('starts anew after it closed: what failed before is forgotten', () => {
    const breaker = following('xxx');
    breaker.admit(15_000)?.succeeded();
    for (const _ of 'xx') breaker.admit(15_000)?.failed(15_000);
    expect(breaker.state(15_000)).toBe('closed');
  });

  it('is not held open by requests that were on their way when it opened, nor closed by them', () => {
    const breaker = new Breaker(policy);
    const late = [breaker.admit(0), breaker.admit(0)];
    for (const _ of 'xxx') breaker.admit(0)?.failed(0);
    late[0]?.failed(14_000);
    late[1]?.succeeded();
    expect(breaker.state(14_999)).toBe('open');
    expect(breaker.state(15_000)).toBe('half-open');
  });

  it('hears of each request once', () => {
    const breaker = new Breaker(policy);
    const one = breaker.admit(0);
    for (const _ of 'xxx') one?.failed(0);
    expect(breaker.state(0)).toBe('closed');
  });
});
