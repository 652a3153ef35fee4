/** What NPCs remember and the tools that they use, in a worker as its pod runs it. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, inject, it } from 'vitest';
import { AddressReach } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { McpDouble } from '../../mcp/double.ts';
import { Scene } from './scene.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Another evening of the scene's campaign, at which this was said. */
async function evening(databaseUrl: string, guildId: string, lines: readonly (readonly [string, string])[]) {
  const store = new SessionStore({ url: databaseUrl, applicationName: 'test' });
  const uid = randomUUID();
  const startedAt = new Date('2026-01-01T20:00:00Z');
  const names = { namespace: 'skald-demo', name: 'thursday', campaign: 'village' };
  await store.upsertSession({ uid, ...names, guildId, startedAt, npcs: ['Greta'] });
  for (const [index, [speaker, text]] of lines.entries()) {
    const at = new Date(startedAt.getTime() + index * 1000);
    await store.appendSegment({
      ...{ id: randomUUID(), sessionUid: uid, startedAt: at, endedAt: at, language: 'en', text },
      ...{ speakerKind: 'player', speakerId: speaker, speakerName: speaker },
    });
  }
  await store.close();
}

it('remembers an earlier evening, uses a tool of an MCP server and its memory, and survives the server', async () => {
  const schema = `mind_${randomUUID().slice(0, 8)}`;
  const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
  await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
  const brew = { name: 'brew', description: 'Brews.', answer: () => 'A potion of mint is ready' };
  const server = await McpDouble.start({ tools: [brew, { name: 'burn' }] });
  cleanups.push(() => server[Symbol.asyncDispose]());
  const scene = await Scene.create({ databaseUrl });
  cleanups.push(() => scene.close());
  const { campaign } = scene.gateway.configuration;
  const greta = campaign?.npcs.find(({ name }) => name === 'Greta');
  if (campaign === undefined || greta === undefined) throw new Error('the scene has a campaign with Greta');
  greta.tools = ['recall', 'tavern/brew'];
  campaign.mcpServers = [{ name: 'tavern', url: server.url, reach: AddressReach.ANY }];
  await evening(databaseUrl, scene.guildId, [['Ann', 'I hid the silver goblet in the chimney.']]);
  const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  scene.gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  const worker = scene.worker();
  await scene.listening();
  const connected = () => worker.lines.find(({ msg }) => msg === 'MCP server connected');
  await expect.poll(connected, { timeout: 20_000 }).toMatchObject({ server: 'tavern', tools: 2 });

  const ask = async (text: string): Promise<string> => {
    const from = scene.providers.requests.length;
    scene.providers.script(text);
    const said = await alice.say(await scene.speech('Greta, what is on the menu tonight?'));
    await alice.waitToHear({ from: scene.bot.applicationId, afterMs: said.startedAt, timeoutMs: 30_000 });
    const chats = scene.providers.requests.slice(from).filter(({ endpoint }) => endpoint === 'chat');
    return JSON.stringify(chats.map(({ body }) => body));
  };
  const call = (name: string, input: object) =>
    scene.providers.setFaults({ chat: { callTool: { name, arguments: JSON.stringify(input) } } });

  const remembered = await ask('Greta, where is the goblet of silver?');
  expect(remembered).toContain('[[memory]] (another day) Ann: I hid the silver goblet in the chimney.');
  expect(remembered).toContain('tavern_brew');
  expect(remembered).not.toContain('tavern_burn');

  call('tavern_brew', { herb: 'mint' });
  expect(await ask('Greta, brew us something.')).toContain('A potion of mint is ready');
  expect(server.calls).toEqual([{ tool: 'brew', input: { herb: 'mint' } }]);

  call('recall', { about: 'goblet' });
  expect(await ask('Greta, think again.')).toContain('(another day) Ann: I hid the silver goblet');

  server.fault = { status: 503 };
  call('tavern_brew', {});
  expect(await ask('Greta, once more.')).toContain('tavern answered 503');
  const degraded = await scene.gateway.until('degraded', () =>
    scene.gateway.reports.find(({ reason }) => reason === 'ToolsUnavailable'),
  );
  expect(degraded.message).toBe('Characters play without some of their tools: tavern answered 503.');
});
