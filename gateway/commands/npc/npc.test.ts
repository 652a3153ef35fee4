import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import type { VoiceSession } from '../../../src/api/index.ts';
import { FakeClock } from '../../../src/kube/fake-clock.ts';
import type { Live } from '../../../src/kube/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { de } from '../../messages/de.ts';
import { en } from '../../messages/en.ts';
import { aCampaign, aSession } from '../../sessions/fixtures.ts';
import type { SpeakOutcome, SpeakRequest } from '../../sessions/speeches.ts';
import type { MuteChange } from '../../tenants/session-store.ts';
import {
  type AskedBy,
  aHost,
  autocompleteInteraction,
  buttonInteraction,
  commandInteraction,
  GUILD,
  GAME_MASTER_ROLE as ROLE,
  recordingApi,
} from '../fixtures.ts';
import { CommandRouter } from '../router.ts';
import { describeTable } from './list.ts';
import { MOST_SPOKEN } from './speak.ts';
import { tableOf } from './table.ts';

const [bart] = aCampaign().spec.npcs;
if (bart === undefined) throw new Error('the campaign has an NPC');
const CAMPAIGN = aCampaign({
  title: 'The Long Night',
  npcs: [
    { ...bart, name: 'Bart', title: 'the innkeeper', aliases: ['Barty'] },
    { ...bart, name: 'Greta' },
    { ...bart, name: 'Élodie the Wise', aliases: ['Ella'] },
  ],
});

type Phase = NonNullable<NonNullable<VoiceSession['status']>['phase']>;

function playing(mutedNpcs: string[] = [], phase: Phase = 'Active'): Live<VoiceSession> {
  return aSession({ spec: { mutedNpcs, guildId: GUILD }, status: { phase } });
}

function setup(
  session: Live<VoiceSession> | undefined = playing(),
  change: { readonly ready?: boolean; readonly gone?: boolean; readonly outcome?: SpeakOutcome } = {},
) {
  const { api, calls } = recordingApi();
  const clock = new FakeClock();
  const changes: MuteChange[] = [];
  const requests: SpeakRequest[] = [];
  const router = new CommandRouter({
    api,
    host: aHost({
      ready: change.ready ?? true,
      campaigns: () => [CAMPAIGN],
      sessions: () => (session === undefined ? [] : [session]),
      setMutes: async (one, mutes) => {
        changes.push(mutes);
        return change.gone === true ? undefined : one;
      },
      speak: async (_, request) => {
        requests.push(request);
        return change.outcome ?? { spoken: true };
      },
    }),
    discord: () => ({ applicationId: '1', interactions: 'gateway', guilds: [GUILD], gameMasterRole: ROLE }),
    clock,
    log: silentLogger(),
  });
  const last = () => calls.flatMap((call) => ('body' in call ? [call.body] : [])).at(-1);
  const use = async (command: string, given: Record<string, string> = {}, by: AskedBy = {}) => {
    await router.handle(commandInteraction(`npc ${command}`, optionsOf(given), by));
    await clock.advance(5_000);
    return last()?.content;
  };
  const press = async (customId: string) => {
    await router.handle(buttonInteraction(customId));
    await clock.advance(5_000);
    return last()?.content;
  };
  const typing = async (command: string, typed: string) => {
    const [option] = optionsOf({ npc: typed });
    await router.handle(autocompleteInteraction(`npc ${command}`, [{ ...option, focused: true }]));
    const call = calls.at(-1);
    return call?.kind === 'choices' ? call.choices.map(({ value }) => value) : [];
  };
  return { use, press, typing, last, calls, changes, requests };
}

function optionsOf(given: Record<string, string>): object[] {
  return Object.entries(given).map(([name, value]) => ({
    type: ApplicationCommandOptionType.String,
    name,
    value,
  }));
}

describe('/npc mute and unmute', () => {
  test('one NPC, by its name whatever its capitals and accents, or by an alias', async () => {
    for (const typed of ['Élodie the Wise', 'elodie THE wise', 'ella']) {
      const { use, changes } = setup();
      expect(await use('mute', { npc: typed })).toBe(en.npc.muted('Élodie the Wise'));
      expect(changes).toEqual([{ mute: ['Élodie the Wise'] }]);
    }
    const { use, changes, calls } = setup(playing(['Greta']));
    expect(await use('unmute', { npc: 'Greta' })).toBe(en.npc.unmuted('Greta'));
    expect(changes).toEqual([{ unmute: ['Greta'] }]);
    expect(calls[0]).toEqual({ kind: 'defer', ephemeral: true });
  });

  test('a name with a typo: the nearest are named; one like none: all are', async () => {
    const { use, changes } = setup();
    expect(await use('mute', { npc: 'Gerta' })).toContain('has no character `Gerta`. Did you mean `Greta`?');
    expect(await use('mute', { npc: 'Zzz' })).toContain('There is `Bart`, `Greta` and `Élodie the Wise`');
    expect(changes).toEqual([]);
  });

  test('what is so already is said, not written', async () => {
    const { use, changes } = setup(playing(['Greta']));
    expect(await use('mute', { npc: 'Greta' })).toBe(en.npc.alreadyMuted('Greta'));
    expect(await use('unmute', { npc: 'Bart' })).toBe(en.npc.notMuted('Bart'));
    expect(changes).toEqual([]);
  });

  test('a name that the campaign has no more can be unmuted', async () => {
    const { use, changes } = setup(playing(['Odo']));
    expect(await use('unmute', { npc: 'Odo' })).toBe(en.npc.unmuted('Odo'));
    expect(changes).toEqual([{ unmute: ['Odo'] }]);
  });

  test('all', async () => {
    const { use, changes } = setup(playing(['Greta', 'Odo']));
    expect(await use('muteall')).toBe(en.npc.allMuted('The Long Night'));
    expect(await use('unmuteall')).toBe(en.npc.allUnmuted('The Long Night'));
    expect(changes).toEqual([
      { mute: ['Bart', 'Greta', 'Élodie the Wise'], unmute: ['Odo'] },
      { unmute: ['Greta', 'Odo'] },
    ]);
    const names = CAMPAIGN.spec.npcs.map(({ name }) => name);
    expect(await setup(playing(names)).use('muteall')).toBe(en.npc.allMutedAlready('The Long Night'));
    expect(await setup().use('unmuteall')).toBe(en.npc.noneMuted('The Long Night'));
  });

  test('by a button; one of a session that is over does nothing to the next', async () => {
    const { press, changes } = setup();
    expect(await press('npc:muteall:night-1')).toBe(en.npc.allMuted('The Long Night'));
    expect(await press('npc:muteall:night-0')).toBe(en.npc.otherSession);
    expect(changes).toHaveLength(1);
  });

  test('while the NPCs are still joining it holds from the start', async () => {
    for (const phase of ['Pending', 'Provisioning', 'Connecting'] as const) {
      const { use, changes } = setup(playing([], phase));
      expect(await use('mute', { npc: 'Bart' })).toBe(en.npc.muted('Bart') + en.npc.fromTheStart);
      expect(changes).toHaveLength(1);
    }
  });

  test('a session that ends, has gone or never was is not changed', async () => {
    const ending = setup(playing([], 'Draining'));
    expect(await ending.use('mute', { npc: 'Bart' })).toBe(en.npc.ending('The Long Night'));
    expect(ending.changes).toEqual([]);
    expect(await setup(playing(), { gone: true }).use('mute', { npc: 'Bart' })).toBe(en.npc.gone);
    for (const phase of ['Ended', 'Failed'] as const)
      expect(await setup(playing([], phase)).use('mute', { npc: 'Bart' })).toBe(en.refusal.nothingRuns);
    expect(await setup(playing(), { ready: false }).use('muteall')).toBe(en.refusal.starting);
  });
});

describe('/npc speak', () => {
  const given = { npc: 'Greta', text: '  Good evening. ' };

  test('says it and tells the asker alone', async () => {
    const { use, requests, calls } = setup();
    expect(await use('speak', given)).toBe(en.npc.spoken('Greta'));
    expect(requests).toEqual([{ npc: 'Greta', text: 'Good evening.', correlationId: expect.any(String) }]);
    expect(calls[0]).toMatchObject({ kind: 'reply', body: { content: en.npc.speaks('Greta'), flags: 64 } });
  });

  test('tells why not, in the language of the asker', async () => {
    const outcome = { spoken: false, reason: 'Interrupted', detail: 'barge-in' } as const;
    expect(await setup(playing(), { outcome }).use('speak', given)).toBe(
      en.npc.unspoken.Interrupted('Greta'),
    );
    expect(await setup(playing(), { outcome }).use('speak', given, { locale: 'de' })).toBe(
      de.npc.unspoken.Interrupted('Greta'),
    );
  });

  test.each([
    ['an NPC that is muted', playing(['Greta']), given, en.npc.unspoken.Muted('Greta')],
    ['nothing', playing(), { npc: 'Greta', text: ' ' }, en.npc.noText],
    [
      'too much',
      playing(),
      { npc: 'Greta', text: 'a'.repeat(MOST_SPOKEN + 1) },
      en.npc.tooLong(MOST_SPOKEN + 1, MOST_SPOKEN),
    ],
    ['joining', playing([], 'Connecting'), given, en.npc.stillJoining('The Long Night')],
    ['ending', playing([], 'Draining'), given, en.npc.ending('The Long Night')],
    ['ended', playing([], 'Ended'), given, en.refusal.nothingRuns],
  ])('is refused: %s', async (_, session, options, text) => {
    const { use, requests } = setup(session);
    expect(await use('speak', options)).toBe(text);
    expect(requests).toEqual([]);
  });

  test('works while something else is disturbed', async () => {
    expect(await setup(playing([], 'Degraded')).use('speak', given)).toBe(en.npc.spoken('Greta'));
  });
});

describe('the session that is meant', () => {
  test('is the one that plays, not one that waits for it to end, nor a recap', () => {
    const named = (name: string, phase: Phase, spec: Partial<VoiceSession['spec']> = {}) => {
      const session = aSession({ spec: { guildId: GUILD, ...spec }, status: { phase } });
      return { ...session, metadata: { ...session.metadata, name } };
    };
    const sessions = () => [
      named('waits', 'Pending'),
      named('over', 'Ended'),
      named('recap', 'Active', { mode: 'Recap' }),
      named('elsewhere', 'Active', { guildId: '100000000000000099' }),
      named('plays', 'Active'),
    ];
    expect(tableOf(aHost({ sessions }), GUILD)?.session.metadata.name).toBe('plays');
  });
});

describe('/npc list', () => {
  test('shows who is silent, and names that the campaign does not have', async () => {
    const { use, last } = setup(playing(['Greta', 'Odo'], 'Connecting'));
    await use('list');
    const [embed] = last()?.embeds ?? [];
    expect(embed?.title).toBe('The characters of The Long Night');
    expect(embed?.description).toBe(
      [
        '🗣️ **Bart**, the innkeeper',
        '🔇 **Greta** (muted)',
        '🗣️ **Élodie the Wise**',
        '',
        'They are still joining the voice channel.',
        'Muted, but not in the campaign: `Odo`. `/npc unmuteall` clears that.',
      ].join('\n'),
    );
  });

  test('fits into an embed, however many there are and however long their names', () => {
    const npcs = Array.from({ length: 32 }, (_, index) => ({
      name: `${index}`.padEnd(64, 'x'),
      title: 't'.repeat(128),
      aliases: [],
      muted: true,
    }));
    const text = describeTable(
      { session: playing(), stage: 'playing', campaign: 'c', npcs, strangers: [] },
      de,
    );
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/… und \d+ weitere\.$/);
  });
});

describe('choices', () => {
  test('mute and speak offer those that may speak, unmute the others', async () => {
    const { typing } = setup(playing(['Greta']));
    expect(await typing('mute', '')).toEqual(['Bart', 'Élodie the Wise']);
    expect(await typing('speak', '')).toEqual(['Bart', 'Élodie the Wise']);
    expect(await typing('unmute', '')).toEqual(['Greta']);
  });

  test('what was typed is looked for in names, aliases and titles; beginnings come first', async () => {
    const { typing } = setup();
    expect(await typing('mute', 'el')).toEqual(['Élodie the Wise']);
    expect(await typing('mute', 'INN')).toEqual(['Bart']);
    expect(await typing('mute', 'xyz')).toEqual([]);
    expect(await setup(aSession({ status: { phase: 'Ended' } })).typing('mute', '')).toEqual([]);
  });

  test('come from the cache at once: 2,000 times, with 500 sessions of a tenant', async () => {
    const others = Array.from({ length: 500 }, (_, index) =>
      aSession({ spec: { guildId: `${100000000000001000 + index}` }, status: { phase: 'Ended' } }),
    );
    const { api } = recordingApi();
    const router = new CommandRouter({
      api,
      host: aHost({ campaigns: () => [CAMPAIGN], sessions: () => [...others, playing()] }),
      discord: () => ({ applicationId: '1', interactions: 'gateway', guilds: [GUILD], gameMasterRole: ROLE }),
      clock: new FakeClock(),
      log: silentLogger(),
    });
    const times: number[] = [];
    for (let count = 0; count < 2_000; count += 1) {
      const began = performance.now();
      const [option] = optionsOf({ npc: 'gre' });
      await router.handle(autocompleteInteraction('npc mute', [{ ...option, focused: true }]));
      times.push(performance.now() - began);
    }
    times.sort((left, right) => left - right);
    const p99 = times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY;
    console.log(`autocomplete of NPC names: p99 ${p99.toFixed(2)} ms of ${times.length}`);
    expect(p99).toBeLessThan(1_000);
  });
});
