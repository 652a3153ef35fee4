/**
 * Names of NPCs as people type them: choices while they do, and who is meant when they are done.
 */
import { similarity, words } from '../../../src/text/similarity.ts';
import type { Choice } from '../command.ts';
import type { SeatedNpc } from './table.ts';

/** Less alike is another name. */
const LEAST_SIMILARITY = 0.5;
const MOST_SUGGESTIONS = 3;
/** Of a choice, characters. */
const MOST_LABEL = 100;

export type Meant = { readonly npc: SeatedNpc } | { readonly suggestions: readonly string[] };

/** The NPC that has this name or alias, whatever its capitals and accents; else the names that are most alike. */
export function findNpc(typed: string, npcs: readonly SeatedNpc[]): Meant {
  const wanted = plain(typed);
  const npc =
    npcs.find(({ name }) => name === typed) ??
    npcs.find(({ name }) => plain(name) === wanted) ??
    npcs.find(({ aliases }) => aliases.some((alias) => plain(alias) === wanted));
  if (npc !== undefined) return { npc };
  const suggestions = npcs
    .map((candidate) => ({ name: candidate.name, likeness: likenessOf(wanted, candidate) }))
    .filter(({ likeness }) => likeness >= LEAST_SIMILARITY)
    .sort((left, right) => right.likeness - left.likeness)
    .slice(0, MOST_SUGGESTIONS)
    .map(({ name }) => name);
  return { suggestions };
}

/** Those whose name, title or alias has what was typed; names that begin with it first. */
export function npcChoices(typed: string, npcs: readonly SeatedNpc[]): Choice[] {
  const wanted = plain(typed);
  const order = (npc: SeatedNpc): number => {
    if (plain(npc.name).startsWith(wanted)) return 0;
    return namesOf(npc).some((name) => plain(name).includes(wanted)) ? 1 : 2;
  };
  return npcs
    .map((npc) => ({ npc, order: order(npc) }))
    .filter(({ order: place }) => place < 2)
    .sort((left, right) => left.order - right.order)
    .map(({ npc: { name, title } }) => ({
      name: (title === '' ? name : `${name} (${title})`).slice(0, MOST_LABEL),
      value: name,
    }));
}

function likenessOf(wanted: string, npc: SeatedNpc): number {
  const names = [npc.name, ...npc.aliases].flatMap((name) => [plain(name), ...words(name)]);
  return Math.max(...names.map((name) => similarity(wanted, name)));
}

function namesOf({ name, title, aliases }: SeatedNpc): readonly string[] {
  return [name, title, ...aliases];
}

function plain(text: string): string {
  return words(text).join(' ');
}
