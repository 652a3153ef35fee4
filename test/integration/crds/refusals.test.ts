import { beforeAll, describe, expect, test } from 'vitest';
import { type Kubectl, kubectl } from './kubectl.ts';
import { campaign, discord, session, tenant } from './manifests.ts';

let k: Kubectl;
beforeAll(async () => {
  k = await kubectl('-n', 'default');
});

/** Dry run: nothing stays, and the refusal must be the API server's. */
const refusal = (manifest: object) => k.refusal(manifest, '--dry-run=server');

const snowflake = /should match '\^\[0-9\]\{17,20\}\$'/;
const npcs = (...list: readonly object[]) => campaign('bad', { npcs: list });

describe('a Tenant is refused', () => {
  test.each([
    ['without spec', { ...tenant('bad'), spec: undefined }, /spec: Required value/],
    ['without discord', { ...tenant('bad'), spec: {} }, /spec\.discord: Required value/],
    ['with a misspelt field', tenant('bad', { nameSpace: 'x' }), /field not declared in schema/],
    [
      'whose application id has letters',
      tenant('bad', { discord: discord({ applicationId: 'demo' }) }),
      snowflake,
    ],
    [
      'with a guild id that is too short',
      tenant('bad', { discord: discord({ guilds: ['123'] }) }),
      snowflake,
    ],
    [
      'with a guild id that is a number',
      tenant('bad', { discord: discord({ guilds: [100000000000000000] }) }),
      /discord\.guilds\[.*expected string/,
    ],
    [
      'without guilds',
      tenant('bad', { discord: discord({ guilds: [] }) }),
      /guilds in body should have at least 1 items/,
    ],
    [
      'with one guild twice',
      tenant('bad', { discord: discord({ guilds: ['100000000000000002', '100000000000000002'] }) }),
      /[Dd]uplicate/,
    ],
    [
      'without a bot token',
      tenant('bad', { discord: discord({ botTokenSecretRef: undefined }) }),
      /exactly one of botTokenSecretRef and vault/,
    ],
    [
      'with two bot tokens',
      tenant('bad', { discord: discord({ vault: { path: 'a', key: 'b' } }) }),
      /exactly one of botTokenSecretRef and vault/,
    ],
    [
      'with another Secret for the token',
      tenant('bad', { discord: discord({ botTokenSecretRef: { name: 'mine' } }) }),
      /must be skald-bot-token; the gateway's identity may read this one name only/,
    ],
    [
      'with interactions over http and no public key',
      tenant('bad', { discord: discord({ interactions: 'http' }) }),
      /verified with publicKey; set it/,
    ],
    [
      'with a public key that is no Ed25519 key',
      tenant('bad', { discord: discord({ publicKey: 'abc' }) }),
      /publicKey.*should match/,
    ],
    [
      'with a role that is no id',
      tenant('bad', { discord: discord({ roles: { 'session start': ['@everyone'] } }) }),
      snowflake,
    ],
    [
      'with a namespace of the cluster',
      tenant('bad', { namespace: 'kube-system' }),
      /cannot live in a namespace of the cluster or of the operator/,
    ],
    ["with the operator's namespace", tenant('system'), /operator's own namespace; set spec\.namespace/],
    ['with a dot in its name', tenant('a.b'), /at most 40 lower case/],
    ['with a long name', tenant('x'.repeat(41)), /at most 40 lower case/],
    [
      'whose soft cap is above the hard one',
      tenant('bad', { limits: { spendPerSession: { soft: 2, hard: 1 } } }),
      /soft must not be above hard/,
    ],
    [
      'with a session limit of a second',
      tenant('bad', { limits: { maxSessionSeconds: 1 } }),
      /greater than or equal to 60/,
    ],
    [
      'with an unknown profile',
      tenant('bad', { worker: { profile: 'cheap' } }),
      /supported values: "cloud", "whisper-native", "local-llm", "offline"/,
    ],
    [
      'with an unknown kind of provider',
      tenant('bad', { providers: { llm: { kind: 'oracle' } } }),
      /supported values: "openai"/,
    ],
    [
      'with a key from two places',
      tenant('bad', {
        providers: { llm: { apiKeySecretRef: { name: 'a', key: 'b' }, vault: { path: 'a', key: 'b' } } },
      }),
      /by apiKeySecretRef or by vault, not both/,
    ],
    [
      'with a password in a URL',
      tenant('bad', { providers: { llm: { baseURL: 'https://u:p@h/v1' } } }),
      /baseURL.*should match/,
    ],
    [
      'with a URL where a host belongs',
      tenant('bad', { providers: { allowedHosts: ['https://h'] } }),
      /allowedHosts.*should match/,
    ],
    [
      'with resources that are no quantity',
      tenant('bad', { worker: { resources: { limits: { memory: 'much' } } } }),
      /memory.*should match/,
    ],
  ])('%s', async (_, manifest, message) => {
    expect(await refusal(manifest)).toMatch(message);
  });
});

describe('a Campaign is refused', () => {
  test.each([
    ['without NPCs', npcs(), /npcs in body should have at least 1 items/],
    ['with two NPCs of one name', npcs({ name: 'Greta' }, { name: 'Greta' }), /[Dd]uplicate.*Greta/],
    [
      'with two NPCs whose names differ in case only',
      npcs({ name: 'Greta' }, { name: 'greta' }),
      /differ only in upper and lower case/,
    ],
    [
      'with an alias that two NPCs have',
      npcs({ name: 'Greta', aliases: ['boss', 'x'] }, { name: 'Bruno', aliases: ['Boss'] }),
      /an alias belongs to one NPC only/,
    ],
    [
      "with an alias that is another NPC's name",
      npcs({ name: 'Greta', aliases: ['bruno'] }, { name: 'Bruno' }),
      /must not be the name of another NPC/,
    ],
    [
      'with two helpers of the game master',
      npcs({ name: 'A', gameMasterHelper: true }, { name: 'B', gameMasterHelper: true }),
      /at most one NPC can be the gameMasterHelper/,
    ],
    [
      'with 33 NPCs',
      npcs(...Array.from({ length: 33 }, (_, i) => ({ name: `N${i}` }))),
      /must have at most 32 items/,
    ],
    [
      'with 9 aliases',
      npcs({ name: 'A', aliases: Array.from({ length: 9 }, (_, i) => `a${i}`) }),
      /must have at most 8 items/,
    ],
    ['with a name that begins with a blank', npcs({ name: ' Greta' }), /name.*should match/],
    [
      'with a language that is none',
      campaign('bad', { language: 'English please' }),
      /language.*should match/,
    ],
    [
      'with a voice at ten times the speed',
      npcs({ name: 'A', voice: { speed: 10 } }),
      /less than or equal to 4/,
    ],
    ['with a player that is no id', campaign('bad', { players: [{ discordUserId: 'ann' }] }), snowflake],
    [
      'with two entities of one name',
      campaign('bad', {
        entities: [
          { name: 'inn', description: 'x' },
          { name: 'inn', description: 'y' },
        ],
      }),
      /[Dd]uplicate.*inn/,
    ],
    ['with a dot in its name', campaign('a.b'), /at most 63 lower case/],
  ])('%s', async (_, manifest, message) => {
    expect(await refusal(manifest)).toMatch(message);
  });
});

describe('a VoiceSession is refused', () => {
  test.each([
    ['without a campaign', session('bad', { campaignRef: undefined }), /spec\.campaignRef: Required value/],
    ['without a guild', session('bad', { guildId: undefined }), /spec\.guildId: Required value/],
    [
      'with a guild id that is a number',
      session('bad', { guildId: 100000000000000000 }),
      /guildId.*(must be of type string|expected string)/,
    ],
    ['with a channel that is no id', session('bad', { voiceChannelId: '#tavern' }), snowflake],
    [
      'live and without a channel',
      session('bad', { voiceChannelId: undefined }),
      /a Live session needs voiceChannelId/,
    ],
    ['as a recap of nothing', session('bad', { mode: 'Recap' }), /a Recap needs recapOf/],
    ['live with recapOf', session('bad', { recapOf: 'friday' }), /recapOf belongs to mode Recap/],
    ['with an unknown mode', session('bad', { mode: 'Karaoke' }), /supported values: "Live", "Recap"/],
    [
      'with an unknown state',
      session('bad', { desiredState: 'Paused' }),
      /supported values: "Running", "Stopped"/,
    ],
    ['that lasts a second', session('bad', { maxDurationSeconds: 1 }), /greater than or equal to 60/],
    ['that lasts two days', session('bad', { maxDurationSeconds: 172800 }), /less than or equal to 86400/],
    ['with a name that is no label', session('a.b'), /at most 63 lower case/],
    ['with one NPC muted twice', session('bad', { mutedNpcs: ['Greta', 'Greta'] }), /[Dd]uplicate/],
  ])('%s', async (_, manifest, message) => {
    expect(await refusal(manifest)).toMatch(message);
  });
});
