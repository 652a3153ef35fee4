/** Who knows of an entity, as people write and read it. */
import {
  type Audience,
  audienceOf,
  entityKey,
  GAME_MASTER_SCOPE,
  isReservedScope,
  npcScope,
} from '../../../src/entities/entity.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { messagesFor } from '../../messages/catalogue.ts';

interface KnownNpc {
  readonly name: string;
  readonly aliases?: readonly string[] | undefined;
  readonly knowledge?: readonly string[] | undefined;
}

/** Words in every language of the catalogue are understood in every language. */
function words(choose: (messages: Messages['entity']['audience']) => readonly string[]): ReadonlySet<string> {
  return new Set(
    ['en', 'de'].flatMap((locale) => choose(messagesFor(locale).entity.audience)).map(entityKey),
  );
}

/**
 * What was written: "everyone", "game master", names of NPCs, scopes that NPCs have, divided by commas.
 * @returns the part that means nobody, when there is one
 */
export function parseAudience(
  text: string,
  npcs: readonly KnownNpc[],
  scopes: readonly string[],
): { readonly knowledge: readonly string[] } | { readonly unknown: string } {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const everyone = words(({ everyoneWords }) => everyoneWords);
  const gameMaster = words(({ gameMasterWords }) => gameMasterWords);
  const known = [...new Set([...npcs.flatMap(({ knowledge = [] }) => knowledge), ...scopes])];
  const knowledge: string[] = [];
  let open = false;
  for (const part of parts) {
    const key = entityKey(part);
    const npc = npcs.find(({ name, aliases = [] }) =>
      [name, ...aliases].some((one) => entityKey(one) === key),
    );
    const scope = known.find((one) => entityKey(one) === key);
    if (everyone.has(key)) open = true;
    else if (gameMaster.has(key)) knowledge.push(GAME_MASTER_SCOPE);
    else if (npc !== undefined) knowledge.push(npcScope(npc.name));
    else if (scope !== undefined && !isReservedScope(scope)) knowledge.push(scope);
    else return { unknown: part };
  }
  // Whoever adds "game master" to others wants a secret; whoever adds "everyone" wants none.
  if (knowledge.includes(GAME_MASTER_SCOPE)) return { knowledge: [GAME_MASTER_SCOPE] };
  return { knowledge: open ? [] : [...new Set(knowledge)] };
}

/** As {@link parseAudience} understands it. */
export function describeAudience(knowledge: readonly string[], { entity }: Messages): string {
  const audience: Audience = audienceOf(knowledge);
  switch (audience.kind) {
    case 'everyone':
      return entity.audience.everyone;
    case 'gameMaster':
      return entity.audience.gameMaster;
    case 'npc':
      return audience.npc;
    case 'scopes':
      return audience.scopes
        .map((scope) => (isReservedScope(scope) ? scope.replace(/^npc:/, '') : scope))
        .join(', ');
  }
}
