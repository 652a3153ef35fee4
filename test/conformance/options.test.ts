import { describe, expect, it } from 'vitest';
import { parseConformanceOptions, UsageError } from './options.ts';

describe('options of npm run conformance', () => {
  it('without any: everything, which may write the table', () => {
    const options = parseConformanceOptions([]);
    expect(options).toMatchObject({ seed: 1, json: false, complete: true });
    expect(options?.runtimes).toEqual(['skald', 'dot-i', 'kubernetes-fluent-client']);
  });

  it('a star stands for any text', () => {
    const options = parseConformanceOptions([
      '--scenario',
      'cut-*',
      '--scenario',
      'calm',
      '--runtime',
      'skald',
    ]);
    expect(options?.scenarios).toContain('cut-in-object');
    expect(options?.scenarios).toContain('calm');
    expect(options?.scenarios).not.toContain('storm-500');
    expect(options?.complete).toBe(false);
  });

  it.each([
    [['--runtime', 'other'], /--runtime: there is no "other"; there are skald, /],
    [['--scenario', 'x*'], /--scenario: there is no "x\*"/],
    [['--seed', '-1'], /--seed/],
    [['--seed', 'one'], /--seed: give a whole number/],
    [['--concurrency', '0'], /--concurrency/],
    [['--unknown'], /--unknown/],
    [['calm'], /calm/],
  ])('%j is refused with a reason', (args, message) => {
    expect(() => parseConformanceOptions(args)).toThrow(UsageError);
    expect(() => parseConformanceOptions(args)).toThrow(message);
  });

  it('help', () => {
    expect(parseConformanceOptions(['-h'])).toBeUndefined();
  });
});
