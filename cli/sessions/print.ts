import { isFinal, type Phase } from '../../src/api/index.ts';
import { shortDuration } from '../durations.ts';
import { table } from '../table.ts';
import { counted, painter, type Style } from '../terminal.ts';
import { inOrder, type SessionRow } from './row.ts';

export interface TableOptions {
  /** Sessions that are over, too. */
  readonly all: boolean;
  /** The namespace that was asked about; undefined: all. */
  readonly namespace: string | undefined;
  readonly now: Date;
  readonly colour: boolean;
}

const STYLES: Partial<Record<Phase, Style>> = {
  Active: 'green',
  Degraded: 'yellow',
  Failed: 'red',
  Ended: 'dim',
};

/** The table, and a line about what is not in it. */
export function sessionsTable(rows: readonly SessionRow[], options: TableOptions): string {
  const { all, namespace, now } = options;
  const shown = inOrder(rows.filter(({ phase }) => all || !isFinal(phase)));
  const hidden = rows.length - shown.length;
  const notShown = hidden === 0 ? '' : `${counted(hidden, 'ended session')} not shown; --all shows them\n`;
  if (shown.length === 0) {
    const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
    return `No session ${all ? '' : 'runs '}${where}.\n${notShown}`;
  }
  const paint = painter(options.colour);
  const named = namespace === undefined;
  const columns = [
    'NAME',
    'CAMPAIGN',
    'PHASE',
    'SINCE',
    'ANSWERS',
    'P50',
    'SPEND',
    'RESTARTS',
    'AGE',
    'REASON',
  ];
  const [header = '', ...lines] = table(
    named ? ['NAMESPACE', ...columns] : columns,
    shown.map((row) => [
      ...(named ? [row.namespace] : []),
      row.name,
      row.campaign,
      row.phase,
      ago(row.since, now),
      row.answers === undefined ? '-' : String(row.answers),
      row.responseP50Ms === undefined ? '-' : `${row.responseP50Ms} ms`,
      row.spendUSD === undefined ? '-' : `$${row.spendUSD.toFixed(2)}`,
      String(row.restarts),
      ago(row.createdAt, now),
      row.reason ?? '-',
    ]),
  );
  const painted = lines.map((line, index) => {
    const style = STYLES[shown[index]?.phase ?? 'Pending'];
    return style === undefined ? line : paint(style, line);
  });
  return `${[paint('bold', header), ...painted].join('\n')}\n${notShown}`;
}

function ago(time: string | undefined, now: Date): string {
  return time === undefined ? '-' : shortDuration(now.getTime() - Date.parse(time));
}
