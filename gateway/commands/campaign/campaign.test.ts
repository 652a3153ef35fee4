import { ApplicationCommandOptionType, ChannelType, GatewayDispatchEvents } from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Campaign, VoiceSession } from '../../../src/api/index.ts';
import { FakeClock } from '../../../src/kube/fake-clock.ts';
import { ApiError, type Live } from '../../../src/kube/index.ts';
import { type Database, StoreError } from '../../../src/store/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { de } from '../../messages/de.ts';
import { en } from '../../messages/en.ts';
import { aCampaign, aSession } from '../../sessions/fixtures.ts';
import type { CommandHost } from '../command.ts';
import {
  type AskedBy,
  aHost,
  autocompleteInteraction,
  commandInteraction,
  GUILD,
  GAME_MASTER_ROLE as ROLE,
  recordingApi,
} from '../fixtures.ts';
import { CommandRouter } from '../router.ts';
import { describeCampaign } from './info.ts';
import { fitting } from './list.ts';
import { LOOK_UP_MS } from './loaded.ts';
import { END_LIMIT_MS } from './switch.ts';

const CHANNEL = '100000000000000002';
const OTHER_GUILD = '100000000000000099';

function named(name: string, campaign: Live<Campaign> = aCampaign({ title: `The ${name}` })): Live<Campaign> {
  return { ...campaign, metadata: { ...campaign.metadata, name } };
}

function playing(campaign: string, change: Partial<VoiceSession['spec']> = {}): Live<VoiceSession> {
  const spec = { guildId: GUILD, voiceChannelId: CHANNEL, campaignRef: { name: campaign }, ...change };
  return aSession({ spec, status: { phase: 'Active' } });
}

interface World {
  readonly campaigns?: readonly Live<Campaign>[];
  readonly sessions?: readonly Live<VoiceSession>[];
  /** null: the database is away. */
  readonly loaded?: string | null | undefined;
  readonly query?: Database['query'];
  readonly host?: Partial<CommandHost>;
}

function setup(world: World = {}) {
  const { api, calls } = recordingApi();
  const clock = new FakeClock();
  const done: string[] = [];
  const follows: ((session: Live<VoiceSession> | undefined) => void)[] = [];
  const rows = async (_what: string, sql: string, values: readonly unknown[] = []) => {
    if (sql.startsWith('INSERT')) done.push(`load ${values[1]}`);
    if (sql.includes('loaded_campaigns'))
      return typeof world.loaded === 'string' ? [{ campaign: world.loaded }] : [];
    return [{ sessions: '3', seconds: 12_600, last: new Date('2026-01-01T20:00:00Z') }];
  };
  const database: unknown = { query: world.query ?? rows };
  const host = aHost({
    campaigns: () => world.campaigns ?? [named('night'), named('dawn')],
    sessions: () => world.sessions ?? [playing('night')],
    database: () => (world.loaded === null ? undefined : (database as Database)),
    checkSession: async (session) => void done.push(`check ${session.spec.campaignRef.name}`),
    stopSession: async (session) => void done.push(`stop ${session.spec.campaignRef.name}`),
    createSession: async (session) => {
      const { campaignRef, voiceChannelId } = session.spec;
      done.push(`create ${campaignRef.name} in ${voiceChannelId}`);
      return aSession({ spec: session.spec });
    },
    followSession: (session, signal, onChange) => {
      follows.push(onChange);
      onChange(session);
      signal.addEventListener('abort', () => done.push('follow no more'));
    },
    ...world.host,
  });
  const voice = { id: CHANNEL, type: ChannelType.GuildVoice, name: 'Table', permission_overwrites: [] };
  const everyone = { id: GUILD, name: '@everyone', permissions: String(2n ** 40n - 1n) };
  const guild: unknown = {
    t: GatewayDispatchEvents.GuildCreate,
    d: {
      id: GUILD,
      name: 'g',
      owner_id: '77',
      channels: [voice],
      threads: [],
      roles: [everyone],
      members: [],
      voice_states: [],
    },
  };
  host.guilds.reset('9', [GUILD], () => true);
  host.guilds.apply(guild as Parameters<CommandHost['guilds']['apply']>[0]);
  const router = new CommandRouter({
    api,
    host,
    discord: () => ({ applicationId: '1', interactions: 'gateway', guilds: [GUILD], gameMasterRole: ROLE }),
    clock,
    log: silentLogger(),
  });
  const bodies = () => calls.flatMap((call) => ('body' in call ? [call.body] : []));
  const last = () => bodies().at(-1);
  const interaction = (command: string, given: Record<string, string>, by: AskedBy = {}) => {
    const options = Object.entries(given).map(([name, value]) => ({
      type: ApplicationCommandOptionType.String,
      name,
      value,
    }));
    return commandInteraction(command, options, by);
  };
  const use = async (command: string, campaign?: string, by: AskedBy = {}) => {
    const given: Record<string, string> = campaign === undefined ? {} : { campaign };
    await router.handle(interaction(`campaign ${command}`, given, by));
    await clock.advance(5_000);
    return last()?.content;
  };
  return { router, clock, host, done, follows, calls, last, use, interaction };
}

const broken = named('broken', aCampaign({ title: 'The broken' }, { status: 'False' }));
const unchecked = named('unchecked', aCampaign({ title: 'The unchecked' }, { generation: 2 }));

describe('/campaign list', () => {
  test('says of each whether it can be played, where it runs, and which is loaded', async () => {
    const elsewhere = playing('dawn', { guildId: OTHER_GUILD, voiceChannelId: '4' });
    const { use, last, calls } = setup({
      campaigns: [named('night'), named('dawn'), broken, unchecked],
      sessions: [playing('night'), elsewhere],
      loaded: 'dawn',
    });
    await use('list');
    expect(last()?.embeds?.[0]?.description).toBe(
      [
        '⚠️ **The broken** (`broken`): 1 character, has an error: its conditions in Kubernetes say which',
        '✅ **The dawn** (`dawn`): 1 character, ready, running on another server, loaded',
        `✅ **The night** (\`night\`): 1 character, ready, running in <#${CHANNEL}>`,
        '⚠️ **The unchecked** (`unchecked`): 1 character, is still being checked',
      ].join('\n'),
    );
    expect(calls).toHaveLength(1);
  });

  test('without campaigns, and while the caches fill', async () => {
    expect(await setup({ campaigns: [] }).use('list')).toBe(en.refusal.noCampaign);
    expect(await setup({ host: { ready: false } }).use('list')).toBe(en.refusal.starting);
  });

  test('as many lines as fit', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index}`.padEnd(100, 'x'));
    const text = fitting(lines, en.campaign.list.more);
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text).toMatch(/\n… and \d+ more\.$/);
  });
});

describe('/campaign info', () => {
  test('characters, language, state and what was played', async () => {
    const { use, last } = setup({ sessions: [playing('night', { mutedNpcs: ['Bart'] })] });
    await use('info', 'night', { locale: 'de' });
    expect(last()?.embeds?.[0]).toMatchObject({
      title: 'The night',
      fields: [
        { name: 'Figuren (1)', value: '**Bart** (stumm)' },
        { name: 'Stand', value: `spielbar, läuft in <#${CHANNEL}>` },
        { name: 'Sprache', value: 'Englisch' },
        { name: 'Gespielt', value: '3 Runden, 3,5 Stunden' },
        { name: 'Letzte Runde', value: '<t:1767297600:f>' },
      ],
    });
  });

  test('without a name: the one that runs here, is loaded, or is the only one; else it asks', async () => {
    const titleOf = async (world: World) => {
      const { use, last } = setup(world);
      const content = await use('info');
      return last()?.embeds?.[0]?.title ?? content;
    };
    expect(await titleOf({ loaded: 'dawn' })).toBe('The night');
    expect(await titleOf({ loaded: 'dawn', sessions: [] })).toBe('The dawn');
    expect(await titleOf({ sessions: [], campaigns: [named('dusk')] })).toBe('The dusk');
    expect(await titleOf({ sessions: [] })).toContain('Which campaign? There is `dawn` and `night`.');
  });

  test('says so when the database is away', async () => {
    for (const world of [{ loaded: null }, { query: failing }]) {
      const { use, last } = setup(world);
      await use('info', 'night');
      expect(last()?.embeds?.[0]?.fields?.at(-1)?.value).toBe(en.campaign.info.unknown);
    }
  });

  test('fits into an embed, whatever the campaign says', () => {
    const [npc] = aCampaign().spec.npcs;
    if (npc === undefined) throw new Error('the campaign has an NPC');
    const npcs = Array.from({ length: 32 }, (_, index) => ({
      ...npc,
      name: `${index}`.padEnd(64, 'x'),
      title: 't'.repeat(128),
    }));
    const campaign = aCampaign({ npcs, description: 'd'.repeat(8_192), language: 'not a language' });
    const embed = describeCampaign({ host: aHost(), guildId: GUILD, messages: de }, campaign, {
      loaded: undefined,
      history: { sessions: 0, seconds: 0, last: undefined },
    });
    for (const { name, value } of embed.fields ?? []) {
      expect(name.length).toBeLessThanOrEqual(256);
      expect(value.length).toBeLessThanOrEqual(1_024);
    }
    expect(JSON.stringify(embed).length).toBeLessThan(6_000);
  });
});

const failing: Database['query'] = async () => {
  throw new StoreError('Could not read', 'ECONNREFUSED');
};

describe('/campaign load', () => {
  test('keeps it, by its name or title', async () => {
    for (const typed of ['dawn', 'THE Dawn']) {
      const { use, done } = setup();
      expect(await use('load', typed)).toBe(en.campaign.nowLoaded('The dawn'));
      expect(done).toEqual(['load dawn']);
    }
    const { use, done } = setup({ loaded: 'dawn' });
    expect(await use('load', 'dawn')).toBe(en.campaign.loadedAlready('The dawn'));
    expect(done).toEqual([]);
  });

  test('says that it cannot be played at the moment; refuses what is not there', async () => {
    const { use } = setup({ campaigns: [unchecked] });
    expect(await use('load', 'unchecked')).toContain('cannot be played: it is still being checked.');
    expect(await use('load', 'dusk')).toBe(en.refusal.unknownCampaign('dusk', ['unchecked']));
    expect(await setup({ loaded: null }).use('load', 'dawn')).toBe(en.refusal.databaseUnavailable);
  });

  test('is what /session start takes then, unless one is named, it is gone, or the database does not say', async () => {
    const started = async (world: World, campaign?: string) => {
      const { router, done, interaction, last } = setup({ sessions: [], ...world });
      const given = { channel: CHANNEL, ...(campaign === undefined ? {} : { campaign }) };
      await router.handle(interaction('session start', given));
      return done.find((entry) => entry.startsWith('create')) ?? last()?.content;
    };
    expect(await started({ loaded: 'dawn' })).toBe(`create dawn in ${CHANNEL}`);
    expect(await started({ loaded: 'dawn' }, 'night')).toBe(`create night in ${CHANNEL}`);
    for (const world of [{ loaded: 'gone' }, { loaded: null }, { query: failing }, {}])
      expect(await started(world)).toContain('Which campaign?');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = started({ query: () => new Promise(() => {}) });
    await vi.advanceTimersByTimeAsync(LOOK_UP_MS);
    vi.useRealTimers();
    expect(await late).toContain('Which campaign?');
  });
});

describe('/campaign switch', () => {
  // Others keep theirs: the fake clock counts on them.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('ends the one, waits for its end, and starts the other in the same channel', async () => {
    const { router, clock, done, follows, interaction, last } = setup();
    const handled = router.handle(interaction('campaign switch', { campaign: 'dawn' }));
    await vi.advanceTimersByTimeAsync(10);
    await clock.advance(5_000);
    expect(done).toEqual(['check dawn', 'stop night']);
    expect(last()?.content).toBe(en.campaign.switching.ends('The night', 'The dawn'));
    follows[0]?.({ ...playing('night'), status: { phase: 'Draining' } });
    await vi.advanceTimersByTimeAsync(10);
    expect(done).toHaveLength(2);
    follows[0]?.({ ...playing('night'), status: { phase: 'Ended' } });
    await handled;
    expect(done).toEqual(['check dawn', 'stop night', 'follow no more', `create dawn in ${CHANNEL}`]);
    // From here on the message is the card of the new session.
    await clock.advance(5_000);
    expect(last()?.content).toBe(en.campaign.switching.ends('The night', 'The dawn'));
  });

  test('a session that does not end in time is told; nothing else begins', async () => {
    const { router, clock, done, interaction, last } = setup();
    const handled = router.handle(interaction('campaign switch', { campaign: 'dawn' }));
    await vi.advanceTimersByTimeAsync(END_LIMIT_MS);
    await handled;
    await clock.advance(5_000);
    expect(last()?.content).toBe(en.campaign.switching.notEnded('The night', 'The dawn'));
    expect(done).not.toContain(`create dawn in ${CHANNEL}`);
  });

  test.each<[string, World, string, string]>([
    ['nothing runs', { sessions: [] }, 'dawn', en.campaign.switching.nothingRuns],
    ['it runs already', {}, 'night', en.campaign.switching.same('The night')],
    ['there is no such campaign', {}, 'dusk', en.refusal.unknownCampaign('dusk', ['dawn', 'night'])],
    [
      'it has an error',
      { campaigns: [named('night'), broken] },
      'broken',
      en.campaign.switching.notReady('The broken', 'has an error: its conditions in Kubernetes say which'),
    ],
    [
      'it is played on another server',
      { sessions: [playing('night'), playing('dawn', { guildId: OTHER_GUILD })] },
      'dawn',
      en.campaign.switching.playedElsewhere('The dawn'),
    ],
    [
      'the session is ending',
      { sessions: [playing('night', { desiredState: 'Stopped' })] },
      'dawn',
      en.campaign.switching.ending,
    ],
    [
      'the budget is used up',
      { host: { startRefusal: () => 'SpendCapReached' } },
      'dawn',
      'The budget of this month is used up. The session that runs goes on.',
    ],
    [
      'the channel is gone',
      { sessions: [playing('night', { voiceChannelId: '5' })] },
      'dawn',
      'I cannot find that channel. The session that runs goes on.',
    ],
    ['the caches fill', { host: { ready: false } }, 'dawn', en.refusal.starting],
  ])('ends nothing when %s', async (_, world, campaign, text) => {
    const { use, done } = setup(world);
    expect(await use('switch', campaign)).toBe(text);
    expect(done).toEqual([]);
  });

  test('ends nothing when the API server would not take the other', async () => {
    const refused = new ApiError({
      status: 403,
      reason: 'Forbidden',
      detail: 'no',
      method: 'POST',
      path: '/',
    });
    const { use, done } = setup({
      host: {
        checkSession: async () => {
          throw refused;
        },
      },
    });
    expect(await use('switch', 'dawn')).toMatch(/was refused: .*no.* The session that runs goes on\./);
    expect(done).toEqual([]);
  });

  test('starts nothing when the one cannot be stopped', async () => {
    const { use, done } = setup({
      host: {
        stopSession: async () => {
          throw new Error('away');
        },
      },
    });
    expect(await use('switch', 'dawn')).toBe(en.campaign.switching.notStopped('The night'));
    expect(done).toEqual(['check dawn']);
  });

  test('offers the others', async () => {
    const { router, calls } = setup();
    const typed = {
      type: ApplicationCommandOptionType.String,
      name: 'campaign',
      value: 'the',
      focused: true,
    };
    await router.handle(autocompleteInteraction('campaign switch', [typed]));
    expect(calls).toEqual([{ kind: 'choices', choices: [{ name: 'The dawn', value: 'dawn' }] }]);
  });
});
