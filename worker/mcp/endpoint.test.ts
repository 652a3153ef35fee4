import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AddressReach, SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { mcpEndpoints } from './endpoint.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-mcp-'));
  await writeFile(join(folder, 'mcp-tavern'), 'sesame\n');
});
afterAll(() => rm(folder, { recursive: true }));

function configuration(...tools: string[]) {
  const mcpServers = [
    { name: 'tavern', url: 'https://tavern.example/mcp', reach: AddressReach.PRIVATE },
    { name: 'inn', url: 'https://inn.example/mcp' },
  ];
  return SessionConfiguration.create({ campaign: { npcs: [{ name: 'Greta', tools }], mcpServers } });
}

const key = (url: string) => [{ name: 'tavern', file: join(folder, 'mcp-tavern'), url }];

it('are those that an NPC may use, within their reach', () => {
  const reaches = (...tools: string[]) =>
    mcpEndpoints(configuration(...tools), []).map(({ name, reach }) => [name, reach]);
  expect(reaches('dice', 'recall')).toEqual([]);
  expect(reaches('tavern/brew')).toEqual([['tavern', 'private']]);
  expect(reaches('inn', 'tavern')).toEqual([
    ['tavern', 'private'],
    ['inn', 'public'],
  ]);
});

it('have their key, which goes to the one URL that it was mounted for', async () => {
  const [own] = mcpEndpoints(configuration('tavern'), key('https://TAVERN.example:443/mcp/'));
  expect([await own?.apiKey(), own?.keyWithheld]).toEqual(['sesame', false]);
  const [moved] = mcpEndpoints(configuration('tavern'), key('https://tavern.example/other'));
  expect([await moved?.apiKey(), moved?.keyWithheld]).toEqual([undefined, true]);
  const [keyless] = mcpEndpoints(configuration('inn'), key('https://inn.example/mcp'));
  expect([await keyless?.apiKey(), keyless?.keyWithheld]).toEqual([undefined, false]);
});
