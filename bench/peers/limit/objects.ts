// What the contender `limit` is told, because it neither lists nor watches.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** One piece of work: an element of the list `--objects FILE`, or a line of standard input. */
export interface SessionLine {
  readonly name: string;
  readonly uid: string;
  /** The status is written to this version of the object. */
  readonly resourceVersion: string;
  readonly revision: number;
  /** Secret and Job exist; only the status is written. @defaultValue false */
  readonly children?: boolean;
}

export async function readObjects(file: string): Promise<SessionLine[]> {
  const list: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${file} is no JSON list`);
  return list.map(parse);
}

export async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<SessionLine, void, void> {
  for await (const line of createInterface({ input })) if (line !== '') yield parse(JSON.parse(line));
}

function parse(value: unknown): SessionLine {
  if (!isSessionLine(value)) throw new Error(`no object to work on: ${JSON.stringify(value)}`);
  return value;
}

function isSessionLine(value: unknown): value is SessionLine {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'uid' in value &&
    typeof value.uid === 'string' &&
    'resourceVersion' in value &&
    typeof value.resourceVersion === 'string' &&
    'revision' in value &&
    typeof value.revision === 'number'
  );
}
