import { afterEach, describe, expect, test, vi } from 'vitest';
import { FakeClock } from '../../../src/kube/fake-clock.ts';
import type { Row } from '../../../src/store/database.ts';
import type { Database } from '../../../src/store/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { en } from '../../messages/en.ts';
import { aCampaign } from '../../sessions/fixtures.ts';
import type { CommandHost } from '../command.ts';
import {
  aHost,
  buttonInteraction,
  commandInteraction,
  GAME_MASTER_ROLE,
  GUILD,
  recordingApi,
} from '../fixtures.ts';
import { CommandRouter } from '../router.ts';

const FIRST = new Date('2026-01-01T20:00:00Z');

/** Of one person, with so many utterances; whose else is asked for has nothing. */
class FakeDatabase {
  segments: number;
  readonly erased: unknown[] = [];

  constructor(segments: number) {
    this.segments = segments;
  }

  async query(_what: string, sql: string, [userId]: readonly unknown[] = []): Promise<readonly Row[]> {
    const { segments } = this;
    if (sql.includes("SET text = ''")) {
      this.erased.push(userId);
      this.segments = 0;
      return [{ segments, sessions: segments > 0 ? 1 : 0 }];
    }
    if (sql.includes('min(started_at)')) {
      const at = segments > 0 ? FIRST : null;
      return [
        {
          segments,
          sessions: segments > 0 ? 1 : 0,
          first_at: at,
          last_at: at,
          feedback: 0,
          opted_out_at: null,
        },
      ];
    }
    if (sql.startsWith('SELECT s.name'))
      return Array.from({ length: segments }, (_, n) => ({
        session: 'friday',
        started_at: FIRST,
        text: `word ${n}`,
      }));
    return [];
  }
}

function setup(change: Partial<CommandHost> & { readonly fake?: FakeDatabase | undefined } = {}) {
  const { fake, ...host } = change;
  const { api, calls } = recordingApi();
  const clock = new FakeClock();
  const database = fake as unknown as Database | undefined;
  const router = new CommandRouter({
    api,
    host: aHost({ database: () => database, ...host }),
    // A game master's role is there, and nobody here has it.
    discord: () => ({
      applicationId: '1',
      interactions: 'gateway',
      guilds: [GUILD],
      gameMasterRole: GAME_MASTER_ROLE,
    }),
    clock,
    log: silentLogger(),
  });
  const last = () => calls.flatMap((call) => ('body' in call ? [call.body] : [])).at(-1);
  const use = async (subcommand: string) => {
    await router.handle(commandInteraction(`privacy ${subcommand}`, [], { roles: [] }));
    await clock.advance(5_000);
    return last();
  };
  const press = async () => {
    await router.handle(buttonInteraction('privacy:erase', { roles: [] }));
    await clock.advance(5_000);
    return last();
  };
  return { use, press, calls };
}

afterEach(() => {
  vi.useRealTimers();
});

test.each(['optout', 'optin', 'show', 'erase'])(
  'without a database /privacy %s says so, to the asker alone',
  async (subcommand) => {
    const { use, calls } = setup();
    expect((await use(subcommand))?.content).toBe(en.refusal.databaseUnavailable);
    expect(calls[0]).toMatchObject({ body: { flags: 64 } });
  },
);

describe('/privacy optout and optin', () => {
  test('everybody may, and it is kept for whoever asks', async () => {
    const asked: [string, boolean][] = [];
    const setOptOut: CommandHost['setOptOut'] = async (userId, out) => asked.push([userId, out]) === 1;
    const { use, calls } = setup({ fake: new FakeDatabase(0), setOptOut });
    expect((await use('optout'))?.content).toBe(en.privacy.optedOut);
    expect((await use('optout'))?.content).toBe(en.privacy.optedOutBefore);
    expect((await use('optin'))?.content).toBe(en.privacy.optedInBefore);
    expect(new Set(asked.map(([userId]) => userId)).size).toBe(1);
    expect(asked.map(([, out]) => out)).toEqual([true, true, false]);
    expect(calls[0]).toEqual({ kind: 'defer', ephemeral: true });
  });

  test('what a game master has set is said, and stays', async () => {
    const of = (title: string, discordUserId: string) =>
      aCampaign({ title, players: [{ discordUserId, optOut: true }] });
    // The asker is 8.
    const campaigns = [of('The Long Night', '8'), of('Another Table', '9')];
    const { use } = setup({ fake: new FakeDatabase(0), campaigns: () => campaigns });
    const { optedIn, byCampaign } = en.privacy;
    expect((await use('optin'))?.content).toBe(`${optedIn}\n${byCampaign(['The Long Night'])}`);
  });
});

describe('/privacy show', () => {
  test('counts and gives every word as a file', async () => {
    const { use } = setup({ fake: new FakeDatabase(2) });
    const shown = await use('show');
    expect(shown?.embeds[0]?.description).toMatch(/^2 utterances of yours, from 1 session/);
    expect(shown?.files?.map(({ name }) => name)).toEqual(['my-words.txt']);
    expect(String(shown?.files?.[0]?.data)).toBe(
      '2026-01-01T20:00:00.000Z\tfriday\tword 0\n2026-01-01T20:00:00.000Z\tfriday\tword 1\n',
    );
  });

  test('says when there is nothing', async () => {
    const { use } = setup({ fake: new FakeDatabase(0) });
    const shown = await use('show');
    expect(shown?.embeds[0]?.description).toContain(en.privacy.nothing);
    expect(shown?.files).toBeUndefined();
  });
});

describe('/privacy erase', () => {
  test('says what it would do, and does it when the button is pressed: workers first', async () => {
    const fake = new FakeDatabase(3);
    const order: string[] = [];
    const { use, press } = setup({
      fake,
      forget: async () => {
        order.push(`forget, ${fake.erased.length} erased`);
      },
    });
    const asked = await use('erase');
    expect(asked?.content).toBe(en.privacy.confirm(3, 1));
    expect(JSON.stringify(asked?.components)).toContain('"privacy:erase"');
    expect(fake.erased).toEqual([]);
    expect((await press())?.content).toBe(en.privacy.erased(3, 1));
    expect([order, fake.erased.length]).toEqual([['forget, 0 erased'], 1]);
  });

  test('has nothing to confirm where nothing is stored', async () => {
    const { use } = setup({ fake: new FakeDatabase(0) });
    const answer = await use('erase');
    expect(answer?.content).toBe(en.privacy.nothingToErase);
    expect(answer?.components).toEqual([]);
  });

  test('does not wait for ever for a worker, and erases again what a late one wrote', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fake = new FakeDatabase(1);
    const late = Promise.withResolvers<void>();
    const { press } = setup({ fake, forget: () => late.promise });
    const pressed = press();
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await pressed)?.content).toBe(en.privacy.erased(1, 1));
    expect(fake.erased).toHaveLength(1);
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(fake.erased).toHaveLength(2);
  });
});
