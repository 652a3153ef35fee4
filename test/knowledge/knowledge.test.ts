/** Who learns what: from what people keep and what the manifest says to what each NPC's language model is given. */
import { expect, test } from 'vitest';
import { buildConfiguration } from '../../gateway/sessions/configuration.ts';
import { aCampaign, aSession, aTenant } from '../../gateway/sessions/fixtures.ts';
import type { Campaign } from '../../src/api/index.ts';
import type { StoredEntity } from '../../src/entities/entity.ts';
import { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { Cast } from '../../worker/npc/cast.ts';
import { buildPrompt } from '../../worker/npc/prompt.ts';

const npc = (name: string, knowledge?: string[]): Campaign['spec']['npcs'][number] => ({
  name,
  voice: { pitch: 1, speed: 1 },
  engine: 'cascaded',
  budget: 'fast',
  addressOnly: false,
  gameMasterHelper: name === 'Helper',
  ...(knowledge === undefined ? {} : { knowledge }),
});

const kept = (description: string, knowledge: readonly string[]): StoredEntity => {
  return { name: `About ${description}`, kind: 'rumour', description, knowledge, hidden: false };
};

const seed = (description: string, knowledge: string[]) => ({
  name: `Seed ${description}`,
  description,
  knowledge,
});

const campaign = aCampaign({
  npcs: [npc('Greta', ['village']), npc('Bart'), npc('Spy', ['npc:Greta', 'game-master']), npc('Helper')],
  entities: [seed('seed-open', []), seed('seed-greta', ['npc:Greta']), seed('seed-master', ['game-master'])],
});

const entities = [
  kept('kept-open', []),
  kept('kept-greta', ['npc:Greta']),
  kept('kept-village', ['village']),
  kept('kept-master', ['game-master']),
  kept('kept-mixed', ['village', 'game-master']),
];

const built = buildConfiguration({
  session: aSession(),
  campaign,
  tenant: aTenant(),
  botUserId: '9',
  optOuts: new Set(),
  entities,
});
/** As the worker has it, after the wire. */
const wire = SessionConfiguration.encode(built).finish();
const cast = new Cast(SessionConfiguration.decode(wire));

function known(name: string): string[] {
  const found = cast.npc(name);
  if (found === undefined) throw new Error(`no ${name}`);
  const { system } = buildPrompt(cast.persona(found), cast.world(found), []);
  return [...system.matchAll(/(?:kept|seed)-\w+/g)].map(([word]) => word).sort();
}

test.each([
  ['Greta', ['kept-greta', 'kept-open', 'kept-village', 'seed-greta', 'seed-open']],
  ['Bart', ['kept-open', 'seed-open']],
  ['Spy', ['kept-open', 'seed-open']],
  ['Helper', ['kept-open', 'seed-open']],
])('%s knows what it may, and nothing else', (name, texts) => {
  expect([...new Set(known(name))]).toEqual(texts);
});

test('what only the game master knows is not sent to the worker at all', () => {
  const text = Buffer.from(wire).toString('utf8');
  expect(text).not.toMatch(/master|mixed/);
  expect(text).toContain('kept-greta');
});
