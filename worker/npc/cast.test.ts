import { expect, it } from 'vitest';
import { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { Cast } from './cast.ts';

it('tells a recogniser the names of the characters first, and of a large world as many as it takes', () => {
  const entities = Array.from({ length: 2000 }, (_, n) => ({ name: `Place number ${n}`, description: 'x' }));
  const npcs = [{ name: 'Greta', aliases: ['the innkeeper'] }];
  const players = [{ discordUserId: '7', character: 'Aria' }];
  const names = new Cast(SessionConfiguration.create({ campaign: { npcs, players, entities } })).names();
  expect(names.slice(0, 4)).toEqual(['Greta', 'the innkeeper', 'Aria', 'Place number 0']);
  expect(names.join(', ').length).toBeLessThanOrEqual(2000);
  expect(names.length).toBeGreaterThan(100);
});
