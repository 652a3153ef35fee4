/** The middle of repeated measurements, and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The smallest value that at least `share` of the values do not exceed (nearest rank): a value that was measured,
 * never one between two.
 *
 * @param share - 0.5 for the median, 0.99 for p99.
 * @throws when there are no values.
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  const value = sorted[rank - 1];
  if (value === undefined) throw new Error('there is no percentile of no values');
  return value;
}

/** The middle one of an odd number of values, the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('there is no median of no values');
  return (lower + upper) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * How the one compares with the other, repeat by repeat: the two values of a pair were measured within minutes of each
 * other, so what changed on the machine between repeats is not taken for a difference.
 *
 * @returns undefined when no repeat measured both.
 */
export function ratioOf(
  numerators: readonly (number | undefined)[],
  denominators: readonly (number | undefined)[],
): Spread | undefined {
  const ratios: number[] = [];
  for (const [repeat, numerator] of numerators.entries()) {
    const denominator = denominators[repeat];
    if (numerator !== undefined && denominator !== undefined && denominator > 0) {
      ratios.push(numerator / denominator);
    }
  }
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}
