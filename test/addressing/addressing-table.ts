// The table of utterances against the addressing: who was meant, who was taken to be meant; and what game masters order.
import { readFile } from 'node:fs/promises';
import { addressed } from '../../worker/npc/addressing.ts';
import { spokenCommand } from '../../worker/npc/spoken-commands.ts';
import { type CastName, casts } from './casts.ts';

export interface Utterance {
  readonly line: number;
  readonly kind: string;
  readonly language: string;
  readonly cast: CastName;
  readonly last: { readonly npc: string; readonly agoMs: number } | undefined;
  readonly text: string;
  /** An NPC's name, with ` (muted)` when it may not answer; `nobody`; or an order: `mute A, B`, `unmute A`, `stop`, `A says …`. */
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
    for (const name of [...namesIn(expected), last.split('@')[0] ?? '']) {
      if (!['nobody', '-', ...names].includes(name)) {
        throw new Error(`utterances.tsv:${index + 1}: "${name}" is not in the cast "${cast}"`);
      }
    }
    return [{ line: index + 1, kind, language, cast, last: lastOf(last), text: said, expected }];
  });
}

/** Orders are a game master's: everything of the kind `command` is said by one. */
export function answer({ kind, text, cast, language, last }: Utterance): string {
  const command = kind === 'command' ? spokenCommand(text, casts[cast], language) : undefined;
  if (command?.kind === 'stop') return 'stop';
  if (command?.kind === 'say') return `${command.npc} says ${command.text}`;
  if (command !== undefined) return `${command.kind} ${command.npcs.join(', ')}`;
  const result = addressed(text, casts[cast], { language, last });
  return result === undefined ? 'nobody' : `${result.npc}${result.muted ? ' (muted)' : ''}`;
}

function namesIn(expected: string): readonly string[] {
  if (expected === 'stop') return [];
  const [npc = '', words] = expected.split(' says ');
  if (words !== undefined) return [npc];
  return expected
    .replace(/^(?:un)?mute /, '')
    .replace(' (muted)', '')
    .split(', ');
}

function lastOf(text: string): Utterance['last'] {
  if (text === '-') return undefined;
  const [npc = '', seconds] = text.split('@');
  return { npc, agoMs: Number(seconds) * 1000 };
}

function isCast(name: string): name is CastName {
  return name in casts;
}
