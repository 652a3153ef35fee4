// The table of utterances against the addressing: who was meant, who was taken to be meant.
import { readFile } from 'node:fs/promises';
import { addressed } from '../../worker/npc/addressing.ts';
import { type CastName, casts } from './casts.ts';

export interface Utterance {
  readonly line: number;
  readonly kind: string;
  readonly language: string;
  readonly cast: CastName;
  readonly last: { readonly npc: string; readonly agoMs: number } | undefined;
  readonly text: string;
  /** An NPC's name, with ` (muted)` when it may not answer; or `nobody`. */
  readonly expected: string;
}

/** @throws Error that names the line, when one is not of six columns or names a cast or an NPC that is not there. */
export async function readUtterances(): Promise<readonly Utterance[]> {
  const text = await readFile(new URL('utterances.tsv', import.meta.url), 'utf8');
  return text.split('\n').flatMap((row, index) => {
    if (row === '' || row.startsWith('#')) return [];
    const columns = row.split('\t');
    const [kind, language, cast, last, said, expected] = columns;
    if (columns.length !== 6 || !kind || !language || !cast || !last || !said || !expected) {
      throw new Error(`utterances.tsv:${index + 1}: six columns, not ${columns.length}`);
    }
    if (!isCast(cast)) throw new Error(`utterances.tsv:${index + 1}: there is no cast "${cast}"`);
    const names: readonly string[] = casts[cast].map(({ name }) => name);
    for (const name of [expected.replace(' (muted)', ''), last.split('@')[0] ?? '']) {
      if (!['nobody', '-', ...names].includes(name)) {
        throw new Error(`utterances.tsv:${index + 1}: "${name}" is not in the cast "${cast}"`);
      }
    }
    return [{ line: index + 1, kind, language, cast, last: lastOf(last), text: said, expected }];
  });
}

export function answer({ text, cast, language, last }: Utterance): string {
  const result = addressed(text, casts[cast], { language, last });
  return result === undefined ? 'nobody' : `${result.npc}${result.muted ? ' (muted)' : ''}`;
}

function lastOf(text: string): Utterance['last'] {
  if (text === '-') return undefined;
  const [npc = '', seconds] = text.split('@');
  return { npc, agoMs: Number(seconds) * 1000 };
}

function isCast(name: string): name is CastName {
  return name in casts;
}
