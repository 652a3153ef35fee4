import { describe, expect, it } from 'vitest';
import { Interruption } from './interruption.ts';

function held(): Interruption {
  const interruption = new Interruption();
  expect(interruption.voicing('alice', 256, 1000)).toBe('hold');
  return interruption;
}

describe('an interruption', () => {
  it('holds the answer first, and lets it go on after a sign of listening', () => {
    const interruption = held();
    expect(interruption.holding).toBe(true);
    interruption.recognising('alice');
    expect(interruption.recognised('alice', 'Mhm.')).toBe('resume');
    expect(interruption.holding).toBe(false);
  });

  it('cuts the answer at words that mean something', () => {
    const interruption = held();
    interruption.recognising('alice');
    expect(interruption.recognised('alice', 'No, wait.')).toBe('cut');
    expect(interruption.holding).toBe(false);
  });

  it('cuts after a second of voice, before the words are known', () => {
    const interruption = held();
    expect(interruption.voicing('alice', 512, 1256)).toBeUndefined();
    expect(interruption.voicing('alice', 1024, 1768)).toBe('cut');
    interruption.recognising('alice');
    expect(interruption.recognised('alice', 'Mhm.')).toBeUndefined();
  });

  it('goes on when two seconds bring no utterance, counted from the last voice', () => {
    const interruption = held();
    interruption.voicing('alice', 512, 1256);
    expect(interruption.deadline()).toBe(3256);
    expect(interruption.tick(3255)).toBeUndefined();
    expect(interruption.tick(3256)).toBe('resume');
    expect(interruption.deadline()).toBeUndefined();
  });

  it('waits for the words of an utterance however long the recogniser takes', () => {
    const interruption = held();
    interruption.recognising('alice');
    expect(interruption.deadline()).toBeUndefined();
    expect(interruption.tick(60_000)).toBeUndefined();
  });

  it('goes on when the recogniser fails', () => {
    const interruption = held();
    interruption.recognising('alice');
    expect(interruption.recognised('alice', undefined)).toBe('resume');
  });

  it('waits for every utterance of a person who says two', () => {
    const interruption = held();
    interruption.recognising('alice');
    interruption.recognising('alice');
    expect(interruption.recognised('alice', 'Mhm.')).toBeUndefined();
    expect(interruption.recognised('alice', 'Stop!')).toBe('cut');
  });

  it('is decided by who interrupted; somebody else cuts with a second of voice', () => {
    const interruption = held();
    interruption.recognising('bob');
    expect(interruption.recognised('bob', 'Pass me the chips.')).toBeUndefined();
    expect(interruption.voicing('bob', 512, 1300)).toBeUndefined();
    expect(interruption.voicing('bob', 1024, 1800)).toBe('cut');
  });

  it('ends with the answer', () => {
    const interruption = held();
    interruption.over();
    expect(interruption.holding).toBe(false);
    expect(interruption.recognised('alice', 'No!')).toBeUndefined();
  });

  it('an answer waits for who was speaking before it began, and goes on', () => {
    const interruption = new Interruption();
    expect(interruption.voicing('alice', 1500, 0, true)).toBe('hold');
    expect(interruption.voicing('alice', 1750, 250, true)).toBeUndefined();
    interruption.recognising('alice');
    expect(interruption.recognised('alice', 'Greta, what do we owe you?')).toBe('resume');
  });
});
