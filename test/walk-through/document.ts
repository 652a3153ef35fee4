// docs/getting-started.md as steps: its code blocks, in order. The word after a block's language says how it is meant.
import { readFile } from 'node:fs/promises';

export type Step =
  /** Commands. `install`: of what a test has installed already; `again`: until it succeeds, as a person would. */
  | {
      readonly kind: 'sh';
      readonly line: number;
      readonly text: string;
      readonly how: '' | 'install' | 'invite' | 'again';
    }
  | { readonly kind: 'file'; readonly line: number; readonly text: string; readonly name: string }
  /** A slash command, or what is said aloud. */
  | { readonly kind: 'discord'; readonly line: number; readonly text: string };

export const documentPath = new URL('../../docs/getting-started.md', import.meta.url);

export async function readSteps(): Promise<Step[]> {
  return stepsOf(await readFile(documentPath, 'utf8'));
}

/** @throws Error for a block that nobody would run: nothing in the document goes untested by mistake. */
export function stepsOf(markdown: string): Step[] {
  return [...markdown.matchAll(/^```(\S+)(?: (\S+))?\n(.*?)^```$/gms)].map(
    ([, language, word = '', text = ''], index) => {
      const line = markdown.slice(0, nth(markdown, index)).split('\n').length;
      if (language === 'sh' && (word === '' || word === 'install' || word === 'invite' || word === 'again')) {
        return { kind: 'sh', line, text, how: word };
      }
      if (language === 'yaml' && word !== '') return { kind: 'file', line, text, name: word };
      if (language === 'discord' && word === '') return { kind: 'discord', line, text: text.trim() };
      throw new Error(`line ${line}: a block "${language} ${word}" is neither run nor written`);
    },
  );
}

/** Where the block with this number begins. */
function nth(markdown: string, index: number): number {
  return [...markdown.matchAll(/^```\S+/gm)][index]?.index ?? 0;
}
