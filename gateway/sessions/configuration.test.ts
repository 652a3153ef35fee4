import { describe, expect, test } from 'vitest';
import { AddressReach } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { buildConfiguration, fingerprintOf } from './configuration.ts';
import { aCampaign, aSession, aTenant } from './fixtures.ts';

function build(change: Partial<Parameters<typeof buildConfiguration>[0]> = {}) {
  return buildConfiguration({
    session: aSession(),
    campaign: aCampaign(),
    tenant: aTenant(),
    botUserId: '9',
    optOuts: new Set(),
    entities: [],
    ...change,
  });
}

test('the revision is the one that the operator gave the campaign, muted or not', () => {
  const campaign = { ...aCampaign(), status: { revision: '4f1c' } };
  const session = aSession({ spec: { mutedNpcs: ['Bart'] } });
  expect(build({ campaign }).revision).toBe('4f1c');
  expect(build({ campaign, session }).revision).toBe('4f1c');
  expect(build({ campaign: { ...campaign, status: {} } }).revision).toBe('');
});

describe('the fingerprint', () => {
  const fingerprint = (change?: Parameters<typeof build>[0]) => fingerprintOf(build(change));

  test('is the same for the same configuration', () => {
    const muted = (mutedNpcs: string[]) => fingerprint({ session: aSession({ spec: { mutedNpcs } }) });
    expect(fingerprint()).toBe(fingerprint());
    expect(muted(['A', 'B'])).toBe(muted(['B', 'A']));
  });

  test('changes with anything that the worker sees', () => {
    const seen = [
      fingerprint(),
      fingerprint({ session: aSession({ spec: { mutedNpcs: ['Bart'] } }) }),
      fingerprint({ campaign: aCampaign({ description: 'darker' }) }),
      fingerprint({ campaign: { ...aCampaign(), status: { revision: '4f1c' } } }),
      fingerprint({ tenant: aTenant({ spec: { providers: { llm: { kind: 'openai', model: 'x' } } } }) }),
    ];
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('does not change with what the worker does not see', () => {
    expect(fingerprint({ session: aSession({ status: { phase: 'Active' } }) })).toBe(fingerprint());
  });
});

test('MCP servers come without their keys, and with how far they may lead', () => {
  const apiKeySecretRef = { name: 'keys', key: 'tavern' };
  const campaign = aCampaign({
    mcpServers: [
      { name: 'tavern', url: 'https://tavern.example/mcp', apiKeySecretRef },
      { name: 'inn', url: 'https://inn.example/mcp' },
    ],
  });
  const tenant = aTenant({ spec: { providers: { allowedHosts: ['tavern.example'] } } });
  expect(build({ campaign, tenant }).campaign?.mcpServers).toEqual([
    { name: 'tavern', url: 'https://tavern.example/mcp', reach: AddressReach.PRIVATE },
    { name: 'inn', url: 'https://inn.example/mcp', reach: AddressReach.UNSPECIFIED },
  ]);
});

test('entities of the ConfigMap come with those of the campaign, which win by name', () => {
  const campaign = {
    ...aCampaign({ entities: [{ name: 'Barovia', description: 'A valley.' }] }),
    status: {
      entities: [
        { name: 'Barovia', description: 'From the ConfigMap.' },
        { name: 'Strahd', description: 'Its lord.', kind: 'person', knowledge: ['castle'] },
      ],
    },
  };
  expect(build({ campaign }).campaign?.entities).toEqual([
    { name: 'Barovia', kind: '', description: 'A valley.', knowledge: [] },
    { name: 'Strahd', kind: 'person', description: 'Its lord.', knowledge: ['castle'] },
  ]);
});

describe('providers', () => {
  test("the campaign's settings win field by field", () => {
    const stt = { kind: 'openai', model: 'a', baseURL: 'https://one/v1', pricePerUnitUSD: 2 } as const;
    const second = { kind: 'deepgram', model: 'c', pricePerUnitUSD: 3 } as const;
    const own = aTenant({ spec: { providers: { stt: { ...stt, fallback: second } } } });
    const base = aCampaign();
    const providers = { stt: { model: 'b', fallback: { baseURL: 'https://two/v1' } } };
    expect(build({ tenant: own, campaign: { ...base, spec: { ...base.spec, providers } } }).stt).toEqual({
      kind: 'openai',
      model: 'b',
      baseUrl: 'https://one/v1',
      pricePerUnitUsd: 2,
      reach: AddressReach.PRIVATE,
      fallback: {
        kind: 'deepgram',
        model: 'c',
        baseUrl: 'https://two/v1',
        pricePerUnitUsd: 3,
        reach: AddressReach.UNSPECIFIED,
        fallback: undefined,
      },
    });
  });

  test('that not every session has are there when somebody names them', () => {
    expect(build()).toMatchObject({ moderation: undefined, speechToSpeech: undefined });
    const own = aTenant({ spec: { providers: { moderation: { kind: 'openai' } } } });
    expect(build({ tenant: own }).moderation).toMatchObject({ kind: 'openai', baseUrl: '' });
  });

  test('of another kind than OpenAI’s are never at the sidecar', () => {
    const session = aSession({ spec: { profile: 'offline' } });
    const own = aTenant({ spec: { providers: { stt: { kind: 'deepgram', fallback: { kind: 'openai' } } } } });
    expect(build({ session, tenant: own }).stt).toMatchObject({
      baseUrl: '',
      fallback: { baseUrl: 'http://127.0.0.1:8090/v1' },
    });
  });

  test('carry how far their connections may lead: farther only for hosts that the Tenant names', () => {
    const own = aTenant({
      spec: {
        providers: {
          stt: { kind: 'openai', baseURL: 'http://10.0.0.7:9000/v1' },
          tts: { kind: 'openai', baseURL: 'http://tts.models.svc/v1' },
        },
      },
    });
    const { stt, llm, tts } = build({ tenant: own });
    expect([stt, llm, tts].map((provider) => provider?.reach)).toEqual([
      AddressReach.ANY,
      AddressReach.UNSPECIFIED,
      AddressReach.PRIVATE,
    ]);
  });

  test('profile offline speaks to the sidecar, unless another address is given', () => {
    const offline = build({ session: aSession({ spec: { profile: 'offline' } }) });
    expect(offline.stt?.baseUrl).toBe('http://127.0.0.1:8090/v1');
    expect(offline.llm?.baseUrl).toBe('');
    const own = aTenant({ spec: { providers: { tts: { kind: 'openai', baseURL: 'https://tts/v1' } } } });
    const mixed = build({ session: aSession({ spec: { profile: 'offline' } }), tenant: own });
    expect(mixed.tts?.baseUrl).toBe('https://tts/v1');
    expect(build().stt?.baseUrl).toBe('');
  });

  test.each([
    ['whisper-native', ['http://127.0.0.1:8091/v1', '', '']],
    ['local-llm', ['http://127.0.0.1:8091/v1', 'http://127.0.0.1:8092/v1', '']],
  ] as const)('profile %s speaks to its sidecars, unless another address is given', (profile, urls) => {
    const session = aSession({ spec: { profile } });
    const { stt, llm, tts } = build({ session });
    expect([stt, llm, tts].map((provider) => provider?.baseUrl)).toEqual(urls);
    const own = aTenant({ spec: { providers: { stt: { kind: 'openai', baseURL: 'https://stt/v1' } } } });
    expect(build({ session, tenant: own }).stt?.baseUrl).toBe('https://stt/v1');
  });
});

test('what a campaign leaves out is empty, and its title is its name', () => {
  expect(build().campaign).toMatchObject({ title: 'night', description: '', players: [], entities: [] });
});

describe('limits on spend', () => {
  const limited = (limits: object, usage: object) =>
    build({
      tenant: aTenant({
        spec: { limits: { ...aTenant().spec.limits, ...limits } },
        status: { usage },
      }),
    });

  test('of the session are passed on; one of 0 is one, none is none', () => {
    expect(limited({ spendPerSession: { soft: 0, hard: 2 } }, {})).toMatchObject({
      spendSoftUsd: 0,
      spendHardUsd: 2,
    });
    expect(build().spendSoftUsd).toBeUndefined();
  });

  test.each([
    [{ soft: 5 }, 4.99, false],
    [{ soft: 5 }, 5, true],
    [{ hard: 5 }, 5, false],
  ])('of the month %j: %d USD were spent', (spendPerMonth, spendThisMonth, reached) => {
    const usage = { month: '2030-06', spendThisMonth };
    expect(limited({ spendPerMonth }, usage).monthSoftReached).toBe(reached);
  });
});

test.each([
  ['text', { spoken: false, text: true }],
  ['spoken', { spoken: true, text: false }],
  ['both', { spoken: true, text: true }],
] as const)('the consent notice as the tenant has it: %s', (consentNotice, how) => {
  const privacy = { consentNotice, recordTranscripts: true };
  expect(build({ tenant: aTenant({ spec: { privacy } }) }).consentNotice).toMatchObject(how);
});

test('the consent notice says whether what is heard is kept; the tenant’s own words go before ours', () => {
  const words = (privacy: object, language = 'en') =>
    build({
      campaign: aCampaign({ language }),
      tenant: aTenant({ spec: { privacy: { ...aTenant().spec.privacy, ...privacy } } }),
    }).consentNotice?.words;
  expect(words({})).toMatch(/which is kept/);
  expect(words({ recordTranscripts: false })).not.toMatch(/kept/);
  expect(words({}, 'de')).toMatch(/künstliche Intelligenz/);
  expect(words({}, 'fr')).toMatch(/artificial intelligence/);
  expect(words({ noticeText: 'On vous écoute.' }, 'fr')).toBe('On vous écoute.');
});

describe('who is not to be heard', () => {
  const players = [
    { discordUserId: '1', character: 'Aria', optOut: false },
    { discordUserId: '2', character: 'Bo', optOut: true },
  ];

  test('is whom the campaign names and who said so themselves', () => {
    const { campaign, hearNobody } = build({
      campaign: aCampaign({ players }),
      optOuts: new Set(['3', '1']),
    });
    expect(campaign?.players).toEqual([
      { discordUserId: '1', character: 'Aria', optOut: true },
      { discordUserId: '2', character: 'Bo', optOut: true },
      { discordUserId: '3', character: '', optOut: true },
    ]);
    expect(hearNobody).toBe(false);
  });

  test('is everybody while it is not known', () => {
    expect(build({ optOuts: undefined }).hearNobody).toBe(true);
  });
});

test('what an NPC says instead of what it must not is in the campaign’s language', () => {
  expect(build().withheldLine).toContain('rather not speak');
  expect(build({ campaign: aCampaign({ language: 'de-AT' }) }).withheldLine).toContain(
    'lieber nicht sprechen',
  );
});

test('what cannot be judged is withheld unless the tenant wants it said', () => {
  const ignoring = (moderationFailurePolicy: 'Fail' | 'Ignore') =>
    build({ tenant: aTenant({ spec: { providers: { moderationFailurePolicy } } }) })
      .moderationIgnoresFailures;
  expect([build().moderationIgnoresFailures, ignoring('Fail'), ignoring('Ignore')]).toEqual([
    false,
    false,
    true,
  ]);
});
