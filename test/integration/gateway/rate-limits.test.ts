// Discord's limits, and what one bad tenant costs the others: the gateway's own parts against the simulated Discord.
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { DialPacer } from '../../../gateway/discord/dial-pacer.ts';
import { ALLOWANCES, InvalidRequests } from '../../../gateway/discord/invalid-requests.ts';
import { BotRest, MOST_WAITING, RequestRefused } from '../../../gateway/discord/rest.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { Bot } from '../../../gateway/tenants/bot.ts';
import { systemClock } from '../../../src/kube/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import { DiscordSimulator } from '../../discord/simulator.ts';
import { eventually, Scene } from './scene.ts';

const COMMANDS = 200;

describe('200 commands at a time', () => {
  let scene: Scene;
  let gateway: Gateway;
  let people: PersonHandle[];

  beforeAll(async () => {
    scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
    const roles = [scene.gameMasterRole];
    people = await Promise.all(
      ['Gandalf', 'Saruman', 'Radagast', 'Alatar'].map((name) =>
        scene.discord.person({ guildId: scene.guildId, name, roles }),
      ),
    );
    gateway = await scene.startGateway();
    await eventually('commands are registered', async () => {
      const commands = await scene.discord.commands(scene.applicationId);
      return commands[scene.guildId]?.includes('session');
    });
  });
  afterAll(() => scene?.close());
  afterEach(() => scene.discord.clearFaults());

  /** All at once. @returns the statuses that Discord answered, by number */
  async function useAtOnce(): Promise<Record<number, number>> {
    const before = (await scene.discord.requests()).length;
    const handles = await Promise.all(
      Array.from({ length: COMMANDS }, async (_, index): Promise<InteractionHandle> => {
        const person = people[index % people.length];
        return await scene.discord.command(
          person?.userId ?? '',
          scene.guildId,
          scene.textChannelId,
          'session status',
          {},
        );
      }),
    );
    for (const handle of handles) await handle.waitForReply(/./, 60_000);
    const counts: Record<number, number> = {};
    for (const { status } of (await scene.discord.requests()).slice(before)) {
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  test('are all answered without one 429', async () => {
    const counts = await useAtOnce();
    console.info('Statuses without a storm:', counts);
    expect(counts[429]).toBeUndefined();
  }, 60_000);

  test('are all answered through a storm of 429s, and the bot is not parked for it', async () => {
    const storm = { kind: 'rateLimit', retryAfterMs: 400 } as const;
    await scene.discord.inject({ ...storm, count: 60, global: true, path: '/interactions/' });
    await scene.discord.inject({ ...storm, count: 40, shared: true, path: '/interactions/' });
    await scene.discord.inject({ ...storm, count: 40, path: '/webhooks/' });
    const counts = await useAtOnce();
    console.info('Statuses in the storm:', counts);
    expect(counts[429]).toBeGreaterThanOrEqual(100);
    expect(gateway.directory.statusOf(scene.tenantName).connected).toBe(true);
  }, 60_000);
});

describe('the REST client of a bot', () => {
  let discord: DiscordSimulator;
  let token: string;
  let guildId: string;
  let rest: BotRest;
  const invalid: string[] = [];

  beforeAll(async () => {
    discord = new DiscordSimulator();
    await discord.start();
    const application = await discord.addApplication({ name: 'Skald' });
    token = application.token;
    guildId = await discord.addGuild({ name: 'Tavern' });
    await discord.inviteBot(application.id, guildId);
    rest = new BotRest({
      apiUrl: discord.addresses.apiUrl,
      token,
      onInvalidRequest: (kind) => invalid.push(kind),
    });
  });
  afterAll(async () => {
    rest?.close();
    await discord?.stop();
  });
  afterEach(() => discord.clearFaults());

  test('keeps to 50 requests a second, whatever their routes, and to the bucket of each', async () => {
    const routes = [
      '/users/@me',
      '/applications/@me',
      `/guilds/${guildId}`,
      `/guilds/${guildId}/roles`,
    ] as const;
    await Promise.all(Array.from({ length: 120 }, (_, index) => rest.get(routes[index % 4] ?? routes[0])));
    const requests = await discord.requests();
    expect(requests).toHaveLength(120);
    expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
  }, 60_000);

  test('tells a limit that is shared with others from its own', async () => {
    const route = `/guilds/${guildId}/channels` as const;
    const limit = { kind: 'rateLimit', count: 1, retryAfterMs: 20, path: route } as const;
    await discord.inject({ ...limit, shared: true });
    await rest.get(route);
    await discord.inject(limit);
    await rest.get(route);
    expect(invalid).toEqual(['shared', 'rateLimited']);
  });

  test('lets only so many wait, and sends nothing once it is silenced, not even what waited', async () => {
    await discord.inject({ kind: 'slowRest', milliseconds: 300 });
    const asked = Array.from({ length: MOST_WAITING + 5 }, () => rest.get('/gateway/bot'));
    const ended = Promise.allSettled(asked);
    const refusals = asked.slice(MOST_WAITING);
    for (const refused of refusals) await expect(refused).rejects.toThrow(RequestRefused);
    rest.silence();
    const before = (await discord.requests()).length;
    const results = await ended;
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    // What was on the wire is answered.
    expect((await discord.requests()).length - before).toBeLessThanOrEqual(1);
  });
});

describe('one bad bot among five good ones', () => {
  let discord: DiscordSimulator;
  const bots: Bot[] = [];

  beforeAll(async () => {
    discord = new DiscordSimulator();
    await discord.start();
  });
  afterAll(async () => {
    await Promise.all(bots.map((bot) => bot.close(false)));
    await discord?.stop();
  });

  test('sends what it takes to know that it is bad, and nothing more; the others are not disturbed', async () => {
    const invalidRequests = new InvalidRequests();
    const pacer = new DialPacer();
    const start = async (badToken?: string) => {
      const { id, token } = await discord.addApplication({ name: 'Skald' });
      const bot = new Bot({
        applicationId: id,
        apiUrl: discord.addresses.apiUrl,
        databaseUrl: undefined,
        log: silentLogger(),
        clock: systemClock,
        commons: { pacer, invalidRequests, sessions: undefined },
        snapshot: () => ({ botUserId: '', guilds: [], pending: [] }),
        onRestored: () => {},
        onReady: () => {},
        onResumed: () => {},
        onDispatch: () => {},
      });
      bots.push(bot);
      bot.setToken({ kind: 'present', token: badToken ?? token });
      return { bot, id, token };
    };
    const bad = await start('AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBB.CCCCCCCCCCCCCCCCCCCCCCCCCCC');
    const good = await Promise.all([start(), start(), start(), start(), start()]);
    await eventually('the bad one is parked', () => bad.bot.state.kind === 'Parked');
    await eventually('the good ones are connected', () =>
      good.every(({ bot }) => bot.state.kind === 'Connected'),
    );
    expect(bad.bot.state).toMatchObject({ reason: 'InvalidToken' });
    const of401 = async () => (await discord.requests()).filter(({ status }) => status === 401);
    expect(await of401()).toHaveLength(1);
    expect(invalidRequests.count).toBe(1);

    // One that was connected and is banned from everything it asks for.
    const [banned, ...others] = good;
    if (banned === undefined) throw new Error('five');
    const { connection } = banned.bot;
    await discord.inject({
      kind: 'failRest',
      count: 1_000,
      status: 403,
      path: `/applications/${banned.id}/`,
    });
    const [{ refused: limit }] = ALLOWANCES;
    const guilds = Array.from({ length: 3 * limit }, (_, index) => String(100_000_000_000_000_000 + index));
    const asked = await Promise.allSettled(
      guilds.map((guild) => connection?.api.applicationCommands.getGuildCommands(banned.id, guild)),
    );
    expect(asked.every(({ status }) => status === 'rejected')).toBe(true);
    await eventually('it is parked', () => banned.bot.state.kind === 'Parked');
    expect(banned.bot.state).toMatchObject({ reason: 'TooManyInvalidRequests' });
    const of403 = (await discord.requests()).filter(({ status }) => status === 403).length;
    // Those that were on the wire when the last one counted.
    expect(of403).toBeGreaterThanOrEqual(limit);
    expect(of403).toBeLessThanOrEqual(limit + 50);
    expect(others.every(({ bot }) => bot.state.kind === 'Connected')).toBe(true);

    // Nothing comes from either until somebody changes the token.
    const before = (await discord.requests()).length;
    await expect(
      connection?.api.applicationCommands.getGuildCommands(banned.id, '100000000000000099'),
    ).rejects.toThrow('disconnected');
    bad.bot.setToken({
      kind: 'present',
      token: 'AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBB.CCCCCCCCCCCCCCCCCCCCCCCCCCC',
    });
    expect((await discord.requests()).length).toBe(before);
    bad.bot.setToken({ kind: 'present', token: bad.token });
    await eventually('it connects with its new token', () => bad.bot.state.kind === 'Connected');
    expect(await of401()).toHaveLength(1);
  }, 60_000);
});
