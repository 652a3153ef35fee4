import { painter, type Style } from '../terminal.ts';
import type { Check, Status } from './check.ts';

const STYLES: Readonly<Record<Status, Style>> = { ok: 'green', warn: 'yellow', fail: 'red', skipped: 'dim' };
const STATUSES: readonly Status[] = ['ok', 'warn', 'fail', 'skipped'];

/** One line a check, what to do below it, and the sum. */
export function printedChecks(checks: readonly Check[], colour: boolean): string {
  const paint = painter(colour);
  const lines = checks.flatMap(({ id, status, text, fix }) => [
    `${paint(STYLES[status], status.padEnd(7))}  ${paint('bold', id)}: ${text}`,
    ...(fix === undefined || status === 'ok' ? [] : [`         → ${fix}`]),
  ]);
  const sum = STATUSES.map((status) => `${checks.filter((one) => one.status === status).length} ${status}`);
  return `${lines.join('\n')}\n\n${sum.join(', ')}\n`;
}
