// Quantities of Kubernetes, added up: exact, and written as the API server writes them, so that what is wanted and
// what is kept are the same text.

const FACTORS: Readonly<Record<string, bigint>> = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  '': 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: (10n ** 9n) << 10n,
  Mi: (10n ** 9n) << 20n,
  Gi: (10n ** 9n) << 30n,
  Ti: (10n ** 9n) << 40n,
  Pi: (10n ** 9n) << 50n,
  Ei: (10n ** 9n) << 60n,
};

/** The pattern that the CRD checks; what is behind the ninth decimal place is rounded up, as the API server does. */
const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?\d+))?$/;

/** @returns in billionths. @throws RangeError for what is no quantity, or is negative */
export function parseAmount(text: string | number): bigint {
  const match = QUANTITY.exec(String(text));
  if (match === null || !isAmount(String(text))) throw new RangeError(`${text} is no amount`);
  const [whole = '', fraction = ''] = (match[2] ?? '').split('.');
  const exponent = Number(match[4] ?? 0) - fraction.length;
  const mantissa = BigInt(whole + fraction || '0') * (FACTORS[match[3] ?? ''] ?? 1n);
  return exponent >= 0 ? mantissa * 10n ** BigInt(exponent) : ceiling(mantissa, 10n ** BigInt(-exponent));
}

export function isAmount(text: string): boolean {
  const match = QUANTITY.exec(text);
  return match !== null && match[1] !== '-';
}

/** CPU and counts: rounded up to a thousandth, `2100m`, `3`, `2k`. */
export function decimalAmount(billionths: bigint): string {
  const value = ceiling(billionths, 10n ** 6n);
  return shortest(value, 1000n, ['m', '', 'k', 'M', 'G', 'T', 'P', 'E']);
}

/** Memory: rounded up to a mebibyte, `512Mi`, `3Gi`. */
export function binaryAmount(billionths: bigint): string {
  const value = ceiling(billionths, (10n ** 9n) << 20n);
  return shortest(value, 1024n, ['Mi', 'Gi', 'Ti', 'Pi', 'Ei']);
}

function shortest(value: bigint, step: bigint, suffixes: readonly string[]): string {
  if (value === 0n) return '0';
  let [rest, index] = [value, 0];
  while (rest % step === 0n && index < suffixes.length - 1) [rest, index] = [rest / step, index + 1];
  return `${rest}${suffixes[index]}`;
}

function ceiling(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
