/**
 * What the characters may know of the world: the third layer of their memory. All of it as long as it is little; of much,
 * what the conversation is about, and what is tied to that.
 *
 * Deterministic. It runs on the thread that speaks: a choice among 2,000 entities takes a few milliseconds.
 */
import { GAME_MASTER_SCOPE, npcScope } from '../../../src/entities/entity.ts';
import { scopesOfNpc } from '../../../src/entities/merge.ts';
import type { Entity, Npc } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { words } from '../../../src/text/similarity.ts';
import { distinctiveParts } from '../names.ts';
import { fitting } from './fitting.ts';

/** Points of an entity, added up. */
const POINTS = {
  /** Its name was said. */
  named: 100,
  /** A part of its name was said that few others have. */
  partlyNamed: 40,
  /** It is told of in the description of one that was named, or tells of it. */
  linked: 30,
  /** The NPC's own description speaks of it. */
  persona: 15,
  /** Nobody but this NPC knows of it. */
  own: 12,
  /** Not everybody knows of it. */
  scoped: 6,
  /** Each word of the last line that its description has. */
  word: 4,
} as const;

/** Of what was said before, each line counts less than the one after it. */
const OLDER = 0.7;
const MOST_HEARD = 8;
/** Linked are those of the ones that were named best. */
const MOST_LINKING = 5;
/** A part of a name that more entities have stands for none of them. */
const MOST_SHARING = 4;
/** Less is not what the conversation is about: of such, only half as much is told. */
const LEAST_RELEVANT = 10;

interface Indexed {
  readonly entity: Entity;
  readonly order: number;
  readonly name: readonly string[];
  /** For finding a name or a word in it. */
  readonly text: string;
}

interface View {
  readonly indexed: readonly Indexed[];
  readonly names: NameFinder;
}

/** What an entity takes of a prompt, characters. */
function sizeOf({ name, kind, description }: Entity): number {
  return name.length + kind.length + description.length + 6;
}

export type Knower = Pick<Npc, 'name' | 'knowledge' | 'personality' | 'rules' | 'secrets'>;

export interface Choice {
  /** What was said, the last line last. */
  readonly heard: readonly string[];
  /** Words of the last line that are worth looking for. */
  readonly words: readonly string[];
  /** Characters. */
  readonly budget: number;
}

export class World {
  private readonly entities: readonly Entity[];
  private index: readonly Indexed[] | undefined;
  /** By the NPC's scopes: what it may know, and the names in it. */
  private readonly views = new Map<string, View>();

  constructor(entities: readonly Entity[]) {
    this.entities = entities;
  }

  /** All that the NPC may know: what everybody knows, what one of its scopes is for; never what only the game master does. */
  knownTo(npc: Pick<Npc, 'name' | 'knowledge'>): readonly Entity[] {
    const known = knows(npc);
    return this.entities.filter(known);
  }

  /** What the NPC is told of it for an answer, in the order of the campaign. */
  tell(npc: Knower, choice: Choice): readonly Entity[] {
    const known = this.knownTo(npc);
    if (known.reduce((sum, entity) => sum + sizeOf(entity), 0) <= choice.budget) return known;
    const points = this.judge(npc, choice);
    const chosen: Indexed[] = [];
    let left = choice.budget;
    for (const [one, score] of points) {
      const size = sizeOf(one.entity);
      const spare = score < LEAST_RELEVANT ? choice.budget / 2 : 0;
      if (left - size < spare) continue;
      chosen.push(one);
      left -= size;
    }
    return chosen.sort((one, other) => one.order - other.order).map(({ entity }) => entity);
  }

  /** What the NPC knows about this, the best first. */
  about(npc: Knower, { heard, words: looked, budget }: Choice): readonly Entity[] {
    // What the NPC itself is like says nothing of what was asked.
    const asked = { ...npc, personality: '', rules: [], secrets: [] };
    const found = this.judge(asked, { heard, words: looked, budget })
      .filter(([{ entity }, score]) => score > ownPoints(entity, npc))
      .map(([{ entity }]) => entity);
    return fitting(found, budget, sizeOf);
  }

  /** Those that the NPC may know with their points, the most first. */
  private judge(npc: Knower, choice: Choice): readonly (readonly [Indexed, number])[] {
    const { indexed, names } = this.viewOf(npc);
    const said = new Map<Indexed, number>();
    const heard = choice.heard.slice(-MOST_HEARD).reverse();
    for (const [age, line] of heard.entries()) {
      for (const [one, points] of names.in(line)) raise(said, one, points * OLDER ** age);
    }
    const points = new Map(said);
    for (const [one, more] of linkedTo(said, indexed, names)) add(points, one, more);
    const self = [npc.personality, ...npc.rules, ...npc.secrets].join('\n');
    for (const [one, found] of names.in(self)) if (found === POINTS.named) add(points, one, POINTS.persona);
    for (const one of indexed) {
      add(points, one, ownPoints(one.entity, npc));
      for (const word of choice.words) if (one.text.includes(word)) add(points, one, POINTS.word);
    }
    return indexed
      .map((one) => [one, points.get(one) ?? 0] as const)
      .sort(([one, first], [other, second]) => second - first || one.order - other.order);
  }

  private viewOf(npc: Knower): View {
    const key = JSON.stringify([npc.name, npc.knowledge]);
    const seen = this.views.get(key);
    if (seen !== undefined) return seen;
    const known = knows(npc);
    const indexed = this.indexed().filter(({ entity }) => known(entity));
    const view = { indexed, names: new NameFinder(indexed) };
    this.views.set(key, view);
    return view;
  }

  private indexed(): readonly Indexed[] {
    this.index ??= this.entities.map((entity, order) => ({
      entity,
      order,
      name: words(entity.name),
      text: entity.description.toLowerCase(),
    }));
    return this.index;
  }
}

function knows(npc: Pick<Npc, 'name' | 'knowledge'>): (entity: Entity) => boolean {
  const scopes = new Set(scopesOfNpc(npc));
  return ({ knowledge }) =>
    !knowledge.includes(GAME_MASTER_SCOPE) &&
    (knowledge.length === 0 || knowledge.some((scope) => scopes.has(scope)));
}

/** For what not everybody knows. */
function ownPoints({ knowledge }: Entity, npc: Pick<Npc, 'name'>): number {
  if (knowledge.length === 0) return 0;
  return knowledge.includes(npcScope(npc.name)) ? POINTS.own : POINTS.scoped;
}

/** One step from what was said: whom its description names, and whose description names it. */
function* linkedTo(
  said: ReadonlyMap<Indexed, number>,
  indexed: readonly Indexed[],
  names: NameFinder,
): Generator<readonly [Indexed, number]> {
  const linking = [...said]
    .sort(([one, first], [other, second]) => second - first || one.order - other.order)
    .slice(0, MOST_LINKING);
  for (const [from, score] of linking) {
    const points = (POINTS.linked * Math.min(score, POINTS.named)) / POINTS.named;
    for (const [to, found] of names.in(from.entity.description)) {
      if (to !== from && found === POINTS.named) yield [to, points];
    }
    const name = from.entity.name.toLowerCase();
    for (const other of indexed) if (other !== from && other.text.includes(name)) yield [other, points];
  }
}

/** Finds names in texts. */
class NameFinder {
  /** By the first word of the name. */
  private readonly whole = new Map<string, Indexed[]>();
  private readonly parts = new Map<string, Indexed[]>();

  constructor(indexed: readonly Indexed[]) {
    for (const one of indexed) {
      const [first] = one.name;
      if (first !== undefined) push(this.whole, one.name.length === 1 ? first : `${first} `, one);
      for (const part of distinctiveParts(one.name)) push(this.parts, part, one);
    }
  }

  in(text: string): ReadonlyMap<Indexed, number> {
    const found = new Map<Indexed, number>();
    const spoken = words(text);
    for (const [at, word] of spoken.entries()) {
      for (const form of formsOf(word)) {
        for (const one of this.whole.get(form) ?? []) raise(found, one, POINTS.named);
        const sharing = this.parts.get(form) ?? [];
        if (sharing.length > MOST_SHARING) continue;
        for (const one of sharing) raise(found, one, POINTS.partlyNamed);
      }
      for (const one of this.whole.get(`${word} `) ?? [])
        if (follows(one.name, spoken, at)) raise(found, one, POINTS.named);
    }
    return found;
  }
}

/** A name's last word may have an ending: a genitive, a plural. */
function formsOf(word: string): readonly string[] {
  return word.length > 3 && word.endsWith('s') ? [word, word.slice(0, -1)] : [word];
}

function follows(name: readonly string[], spoken: readonly string[], at: number): boolean {
  return name.every((word, index) => {
    const heard = spoken[at + index];
    return (
      heard === word || (index === name.length - 1 && heard !== undefined && formsOf(heard).includes(word))
    );
  });
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function raise<K>(map: Map<K, number>, key: K, points: number): void {
  map.set(key, Math.max(map.get(key) ?? 0, points));
}

function add<K>(map: Map<K, number>, key: K, points: number): void {
  map.set(key, (map.get(key) ?? 0) + points);
}
