/**
 * An entity of a campaign: a place, a person, a thing that NPCs may know of. What it may hold, who knows it, and when
 * two names are one.
 */
import type { Entity } from '../api/index.ts';

export const MOST_ENTITIES = 2048;
/** Of all entities of a campaign as JSON, bytes: they travel in one message to the worker. */
export const MOST_ENTITY_BYTES = 512 * 1024;
export const LONGEST_NAME = 128;
export const LONGEST_KIND = 64;
export const LONGEST_DESCRIPTION = 2048;
export const MOST_SCOPES = 16;
export const LONGEST_SCOPE = 64;

/** Scope of what no NPC knows: it never leaves the gateway. */
export const GAME_MASTER_SCOPE = 'game-master';
/** `npc:<name>` is a scope that the NPC of this name has by itself, and that no other can have. */
const NPC_SCOPE = 'npc:';

/** An entity as people keep it in the database, over what the Campaign's manifest says. */
export interface StoredEntity {
  readonly name: string;
  /** Empty: none was given. */
  readonly kind: string;
  readonly description: string;
  /** Empty: everyone knows. */
  readonly knowledge: readonly string[];
  /** Only a name: an entity of the manifest that is not to be known to anybody. */
  readonly hidden: boolean;
}

export type EntityText = Omit<StoredEntity, 'hidden'>;

/** Equal for names that mean the same: case, spaces and how an accent is encoded do not count. */
export function entityKey(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

export function npcScope(npc: string): string {
  return `${NPC_SCOPE}${npc}`;
}

/** Whether a scope cannot be given to an NPC by naming it in the NPC's `knowledge`. */
export function isReservedScope(scope: string): boolean {
  return scope === GAME_MASTER_SCOPE || scope.startsWith(NPC_SCOPE);
}

export type Audience =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'gameMaster' }
  | { readonly kind: 'npc'; readonly npc: string }
  /** Whoever has one of these scopes. */
  | { readonly kind: 'scopes'; readonly scopes: readonly string[] };

export function audienceOf(knowledge: readonly string[]): Audience {
  const [first, ...more] = knowledge;
  if (first === undefined) return { kind: 'everyone' };
  if (knowledge.includes(GAME_MASTER_SCOPE)) return { kind: 'gameMaster' };
  if (more.length === 0 && first.startsWith(NPC_SCOPE)) {
    return { kind: 'npc', npc: first.slice(NPC_SCOPE.length) };
  }
  return { kind: 'scopes', scopes: knowledge };
}

export function knowledgeOf(audience: Audience): readonly string[] {
  switch (audience.kind) {
    case 'everyone':
      return [];
    case 'gameMaster':
      return [GAME_MASTER_SCOPE];
    case 'npc':
      return [npcScope(audience.npc)];
    case 'scopes':
      return audience.scopes;
  }
}

export function ofManifest({ name, kind = '', description, knowledge = [] }: Entity): EntityText {
  return { name, kind, description, knowledge };
}

export function sameEntity(one: EntityText, other: EntityText): boolean {
  return (
    one.name === other.name &&
    one.kind === other.kind &&
    one.description === other.description &&
    one.knowledge.length === other.knowledge.length &&
    one.knowledge.every((scope) => other.knowledge.includes(scope))
  );
}

/** What an entity counts towards {@link MOST_ENTITY_BYTES}. */
export function entityBytes({ name, kind, description, knowledge }: EntityText): number {
  return Buffer.byteLength(JSON.stringify({ name, kind, description, knowledge }));
}

/** Why an entity cannot be taken; `field` says where. */
export type EntityProblem =
  | { readonly problem: 'nameMissing' | 'descriptionMissing' }
  | { readonly problem: 'nameTooLong' | 'kindTooLong' | 'descriptionTooLong'; readonly length: number }
  | { readonly problem: 'notText'; readonly field: string }
  | { readonly problem: 'unknownField'; readonly field: string }
  | { readonly problem: 'knowledge' };

/** Texts as people type them: trimmed, without control characters but line breaks. */
export function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, (found) => (found.includes('\n') ? '\n' : ' '))
    .trim();
}

/** Names and kinds are one line. */
export function cleanLine(text: string): string {
  return cleanText(text).replaceAll(/\s+/g, ' ');
}

/** The entity, its texts cleaned, or what is wrong with it. */
export function checkEntity(given: EntityText): EntityText | EntityProblem {
  const name = cleanLine(given.name);
  const kind = cleanLine(given.kind);
  const description = cleanText(given.description);
  const knowledge = [...new Set(given.knowledge.map(cleanLine).filter((scope) => scope !== ''))];
  if (name === '') return { problem: 'nameMissing' };
  if (name.length > LONGEST_NAME) return { problem: 'nameTooLong', length: name.length };
  if (kind.length > LONGEST_KIND) return { problem: 'kindTooLong', length: kind.length };
  if (description === '') return { problem: 'descriptionMissing' };
  if (description.length > LONGEST_DESCRIPTION) {
    return { problem: 'descriptionTooLong', length: description.length };
  }
  // An NPC's name may be as long as a scope: with the mark before it, it is longer.
  const longest = (scope: string): number =>
    LONGEST_SCOPE + (scope.startsWith(NPC_SCOPE) ? NPC_SCOPE.length : 0);
  if (knowledge.length > MOST_SCOPES || knowledge.some((scope) => scope.length > longest(scope))) {
    return { problem: 'knowledge' };
  }
  return { name, kind, description, knowledge };
}
