// Manifests that are right and manifests that are wrong, one file each. A wrong one begins with what is said of it:
//
//     # refused: schema | cel | decode | metadata | yaml | cross
//     # expect: <field>: <message>      one line for each problem, in the server's words
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Case {
  /** Relative to this folder, for example `bad/tenant/no-guilds.yaml`. */
  readonly name: string;
  readonly text: string;
  readonly refused: string | undefined;
  /** Sorted. */
  readonly expected: readonly string[];
}

export const CORPUS = import.meta.dirname;

export function corpus(folder: 'good' | 'bad'): Case[] {
  return readdirSync(join(CORPUS, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:yaml|json)$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(join(CORPUS, folder, name), 'utf8');
      const said = (what: string) =>
        [...text.matchAll(new RegExp(`^# ${what}: (.*)$`, 'gm'))].map(([, words = '']) => words);
      return {
        name: join(folder, name),
        text,
        refused: said('refused').at(0),
        expected: said('expect').sort(),
      };
    });
}

/** A problem as the corpus writes it. What cannot be decoded has no field in the server's words. */
export function expectation(field: string, message: string): string {
  return message.startsWith('json: ') ? message : `${field === '' ? '<nil>' : field}: ${message}`;
}
