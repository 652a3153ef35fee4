import { describe, expect, it } from 'vitest';
import { SpeechDetector } from './speech-detector.ts';

const starts = (probabilities: number[]): number[] => {
  const detector = new SpeechDetector();
  return probabilities.flatMap((p, n) => (detector.push(p).started ? [n] : []));
};

describe('SpeechDetector', () => {
  it('begins speech at the third speech frame in a row', () => {
    expect(starts([0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.9])).toEqual([5]);
  });

  it('needs 0.5 to begin and 0.35 to go on', () => {
    const detector = new SpeechDetector();
    expect(detector.push(0.4).voiced).toBe(false);
    expect(detector.push(0.6).voiced).toBe(true);
    expect(detector.push(0.4).voiced).toBe(true);
    expect(detector.push(0.34).voiced).toBe(false);
  });

  it('takes NaN for silence', () => {
    expect(new SpeechDetector().push(Number.NaN).voiced).toBe(false);
  });

  it('measures continuous voice anew after an interruption', () => {
    const detector = new SpeechDetector();
    detector.push(0.9);
    expect(detector.push(0.9).continuousMs).toBe(64);
    detector.interrupt();
    expect(detector.push(0.9).continuousMs).toBe(32);
  });
});
