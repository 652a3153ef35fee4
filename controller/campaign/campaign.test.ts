import { describe, expect, test } from 'vitest';
import { type CampaignFacts, problemsOf } from '../../src/admission/campaign.ts';
import { entitiesFrom } from '../../src/admission/entities.ts';
import { isInternal } from '../../src/admission/hosts.ts';
import { effectiveProviders } from '../../src/admission/providers.ts';
import type { Campaign, CampaignLlmProvider, Npc, Tenant, TenantLlmProvider } from '../../src/api/index.ts';
import { campaign as base, tenant as baseTenant } from '../voicesession/fixtures.ts';
import { type Ended, surplusSessions } from './history.ts';
import { revisionOf } from './revision.ts';

function npc(name: string, changes: Partial<Npc> = {}): Npc {
  return {
    name,
    voice: { pitch: 1, speed: 1 },
    engine: 'cascaded',
    budget: 'standard',
    addressOnly: false,
    gameMasterHelper: false,
    ...changes,
  };
}

function campaign(spec: Partial<Campaign['spec']>): Pick<Campaign, 'spec'> {
  return { spec: { ...base.spec, ...spec } };
}

function tenant(providers: Tenant['spec']['providers']): Pick<Tenant, 'spec'> {
  return { spec: { ...baseTenant.spec, providers } };
}

function reasons(spec: Partial<Campaign['spec']>, changes: Partial<CampaignFacts> = {}): string[] {
  const own =
    'tenant' in changes
      ? changes.tenant
      : tenant({ allowedHosts: ['ok.example.com', 'gpu.example.com:8000'] });
  return problemsOf({
    campaign: campaign(spec),
    tenant: own,
    providers: effectiveProviders(own, campaign(spec)),
    entities: { state: 'none' },
    missingKeys: [],
    vault: { kind: 'none' },
    ...changes,
  }).map(({ reason }) => reason);
}

describe('a campaign', () => {
  test('without a fault has no problem', () => {
    expect(reasons({ npcs: [npc('Greta', { aliases: ['innkeeper'] }), npc('Strahd')] })).toEqual([]);
  });

  test('in a namespace of no tenant has that problem alone', () => {
    expect(reasons({ npcs: [npc('a', { engine: 'speechToSpeech' })] }, { tenant: undefined })).toEqual([
      'TenantMissing',
    ]);
  });

  test.each([
    [[npc('Greta'), npc('greta')]],
    [[npc('Greta', { aliases: ['Boss'] }), npc('Strahd', { aliases: ['boss'] })]],
    [[npc('Greta', { aliases: ['STRAHD'] }), npc('Strahd')]],
    [[npc('Strahd'), npc('Greta', { aliases: ['strahd'] })]],
  ])('whose NPCs answer to one name is refused (%#)', (npcs) => {
    expect(reasons({ npcs })).toEqual(['DuplicateNames']);
  });

  test('whose NPC has its own name as an alias is fine', () => {
    expect(reasons({ npcs: [npc('Greta', { aliases: ['greta'] })] })).toEqual([]);
  });

  test('may have NPCs that hear and speak by themselves once there is a provider for it', () => {
    const npcs = [npc('a', { engine: 'speechToSpeech' }), npc('b')];
    expect(reasons({ npcs })).toEqual(['EngineNotAvailable']);
    expect(reasons({ npcs, providers: { speechToSpeech: {} } })).toEqual([]);
    const own = tenant({ speechToSpeech: { kind: 'openai' } });
    expect(reasons({ npcs }, { tenant: own })).toEqual([]);
  });

  test('has all its problems at once', () => {
    const npcs = [npc('a', { engine: 'speechToSpeech' }), npc('b', { tools: ['dice', 'oracle'] })];
    const providers = { llm: { baseURL: 'https://evil.example.com/v1' } };
    const entities = { state: 'missing', message: 'gone' } as const;
    expect(reasons({ npcs, providers }, { entities, missingKeys: ['s/k'] })).toEqual([
      'UnknownTool',
      'EntitiesMissing',
      'EngineNotAvailable',
      'ProviderNotAllowed',
      'ProviderKeyMissing',
    ]);
  });

  test('may give NPCs the tools that every worker has, and those of its servers', () => {
    const mcpServers = [{ name: 'm', url: 'https://ok.example.com/mcp' }];
    const of = (...tools: string[]) => reasons({ npcs: [npc('a', { tools })], mcpServers });
    expect(reasons({ npcs: [npc('a', { tools: ['dice', 'recall'] })] })).toEqual([]);
    expect(reasons({ npcs: [npc('a', { tools: ['oracle'] })] })).toEqual(['UnknownTool']);
    expect(of('m', 'm/oracle', 'm/a/b', 'recall')).toEqual([]);
    expect([of('oracle'), of('other/oracle'), of('m/')]).toEqual(Array(3).fill(['UnknownTool']));
  });

  test('may name hosts that the tenant allows, with their port', () => {
    const url = (baseURL: string) => reasons({ providers: { llm: { baseURL } } });
    expect(url('https://OK.example.com/v1')).toEqual([]);
    expect(url('https://ok.example.com:8443/v1')).toEqual([]);
    expect(url('http://gpu.example.com:8000/v1')).toEqual([]);
    expect(url('http://gpu.example.com:9000/v1')).toEqual(['ProviderNotAllowed']);
    expect(url('https://ok.example.com.evil.com/v1')).toEqual(['ProviderNotAllowed']);
  });

  test('may name the tenant’s own endpoint, wherever that is', () => {
    const own = tenant({ llm: { kind: 'openai', baseURL: 'http://vllm.models.svc:8000/v1' } });
    expect(
      reasons({ providers: { llm: { baseURL: 'http://vllm.models.svc:8000/v2' } } }, { tenant: own }),
    ).toEqual([]);
  });

  test('cannot name an address inside, even an allowed one', () => {
    const own = tenant({ allowedHosts: ['kubernetes.default.svc', '169.254.169.254'] });
    for (const host of ['kubernetes.default.svc', '169.254.169.254']) {
      expect(reasons({ mcpServers: [{ name: 'm', url: `http://${host}/` }] }, { tenant: own })).toEqual([
        'ProviderNotAllowed',
      ]);
    }
  });
});

describe('an address is inside', () => {
  test.each([
    'localhost',
    'redis',
    'a.b.svc',
    'a.b.svc.cluster.local',
    'a.b.svc.my.domain',
    'metadata.google.internal',
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '100.100.100.200',
    '[::1]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[::ffff:7f00:1]',
    'x.localhost',
    'printer.local',
    'kubernetes.default.svc.',
  ])('%s', (host) => expect(isInternal(host)).toBe(true));
  test.each(['api.openai.com', '10.1.2.3', '192.168.1.5', 'svc.example.com', '[2001:db8::1]'])(
    'not %s',
    (host) => expect(isInternal(host)).toBe(false),
  );
  test('also when it is written as a number, because the URL parser reads it so', () => {
    expect(isInternal(new URL('http://2130706433/').hostname)).toBe(true);
    expect(isInternal(new URL('http://0x7f.1/').hostname)).toBe(true);
  });
});

describe('the effective provider', () => {
  const key = { name: 'tenant-key', key: 'k' };
  const own: TenantLlmProvider = {
    kind: 'openai',
    model: 'a',
    baseURL: 'https://one.example.com/v1',
    apiKeySecretRef: key,
  };
  const llm = (override?: CampaignLlmProvider) =>
    effectiveProviders(
      tenant({ llm: own }),
      campaign(override === undefined ? {} : { providers: { llm: override } }),
    ).llm;

  test('is the tenant’s, overridden field by field', () => {
    expect(llm()).toMatchObject({ model: 'a', baseURL: own.baseURL, apiKeySecretRef: key });
    expect(llm({ model: 'b' })).toMatchObject({ model: 'b', baseURL: own.baseURL, apiKeySecretRef: key });
  });

  test('at another baseURL never gets the tenant’s key', () => {
    expect(llm({ baseURL: 'https://two.example.com/v1' })?.apiKeySecretRef).toBeUndefined();
    expect(
      llm({ baseURL: 'https://two.example.com/v1', apiKeySecretRef: { name: 'c', key: 'k' } })
        ?.apiKeySecretRef?.name,
    ).toBe('c');
    expect(llm({ baseURL: 'https://one.example.com/v1' })?.apiKeySecretRef).toEqual(key);
  });

  test('of another kind takes nothing of the tenant’s', () => {
    expect(llm({ kind: 'google' })).toEqual({ kind: 'google', keyInVault: false });
    expect(llm({ kind: 'openai' })).toMatchObject({ model: 'a', apiKeySecretRef: key });
  });

  test('has a fallback, merged like itself, whose key goes to no other endpoint either', () => {
    const second = { kind: 'google', model: 'g', apiKeySecretRef: { name: 'second', key: 'k' } } as const;
    const of = (fallback?: CampaignLlmProvider['fallback']) =>
      effectiveProviders(
        tenant({ llm: { ...own, fallback: second } }),
        campaign(fallback === undefined ? {} : { providers: { llm: { fallback } } }),
      ).llm?.fallback;
    expect(of()).toMatchObject(second);
    expect(of({ model: 'h' })).toMatchObject({ ...second, model: 'h' });
    expect(of({ baseURL: 'https://two.example.com/v1' })?.apiKeySecretRef).toBeUndefined();
    expect(of({ kind: 'anthropic' })).toEqual({ kind: 'anthropic', keyInVault: false });
  });

  test('that only a kind leads elsewhere is judged by its host', () => {
    const deepgram = { providers: { stt: { kind: 'deepgram' } } } as const;
    const own = { kind: 'openai', baseURL: 'https://own.example.com/' } as const;
    const all = { stt: own, llm: own, tts: own };
    expect(reasons(deepgram, { tenant: tenant(all) })).toEqual(['ProviderNotAllowed']);
    expect(reasons(deepgram, { tenant: tenant({ ...all, allowedHosts: ['api.deepgram.com'] }) })).toEqual([]);
    expect(reasons(deepgram, { tenant: tenant({ ...all, tts: { kind: 'deepgram' } }) })).toEqual([]);
    const second = { providers: { llm: { fallback: { model: 'm' } } } };
    expect(reasons(second, { tenant: tenant(all) })).toEqual(['ProviderNotAllowed']);
    expect(reasons(second, { tenant: tenant({ stt: own }) })).toEqual([]);
  });

  test('is never given the bot token or a session’s certificate as its key', () => {
    for (const name of ['skald-bot-token', 'evening-4a49acf8-session', 'warm-0a1b2c3d4e-session']) {
      const provider = llm({ baseURL: 'https://ok.example.com/v1', apiKeySecretRef: { name, key: 'token' } });
      expect(provider?.apiKeySecretRef).toBeUndefined();
      expect(reasons({ providers: { llm: { apiKeySecretRef: { name, key: 'token' } } } })).toEqual([
        'ProviderNotAllowed',
      ]);
      const mcpServers = [
        { name: 'm', url: 'https://ok.example.com/', apiKeySecretRef: { name, key: 'token' } },
      ];
      expect(reasons({ mcpServers })).toEqual(['ProviderNotAllowed']);
    }
  });

  test('with a key in Vault gets it from the operator’s own Secret, by the reference’s own name', () => {
    const named = (path: string, key: string) => llm({ vault: { path, key } });
    expect(named('p', 'k')).toMatchObject({
      keyInVault: true,
      apiKeySecretRef: { name: 'skald-provider-keys', key: expect.stringMatching(/^key-[0-9a-f]{20}$/) },
    });
    const names = [named('p', 'k'), named('p', 'l'), named('q', 'k')].map((one) => one?.apiKeySecretRef?.key);
    expect(new Set(names).size).toBe(3);
  });

  describe('with a key in Vault', () => {
    const layout = { kvMount: 'secret', kvPrefix: 'skald' };
    const configured: CampaignFacts['vault'] = {
      kind: 'configured',
      namespace: 'skald-a',
      layout,
      missing: [],
    };
    const vault = (path: string) => ({ providers: { llm: { vault: { path, key: 'k' } } } });
    const path = 'secret/data/skald/skald-a/providers/llm';

    test('is fine in the tenant’s own part, and with what cannot be read it says why', () => {
      expect(reasons(vault(path), { vault: configured })).toEqual([]);
      const missing = [{ place: 'llm', reason: 'VaultUnavailable', message: 'Vault is sealed' }] as const;
      expect(reasons(vault(path), { vault: { ...configured, missing } })).toEqual(['VaultUnavailable']);
    });

    test.each(['secret/data/skald/skald-b/providers/llm', 'secret/data/skald/skald-a/discord/bot'])(
      'is refused elsewhere: %s',
      (elsewhere) => {
        expect(reasons(vault(elsewhere), { vault: configured })).toEqual(['VaultPathNotAllowed']);
        const offline = { kind: 'unknown', namespace: 'skald-a' } as const;
        expect(reasons(vault(elsewhere), { vault: offline })).toEqual(['VaultPathNotAllowed']);
        expect(reasons(vault(path), { vault: offline })).toEqual([]);
      },
    );

    test('gets the tenant’s own key for the tenant’s own URL only', () => {
      const own = tenant({
        llm: { kind: 'openai', baseURL: 'https://own.example.com/', vault: { path, key: 'k' } },
        allowedHosts: ['ok.example.com'],
      });
      const of = (llmOverride: CampaignLlmProvider) => {
        const spec = { providers: { llm: llmOverride } };
        const providers = effectiveProviders(own, campaign(spec));
        return [providers.llm?.apiKeySecretRef, reasons(spec, { tenant: own, vault: configured })] as const;
      };
      const elsewhere = { baseURL: 'https://ok.example.com/', vault: { path, key: 'other' } };
      expect(of(elsewhere)).toEqual([undefined, ['VaultPathNotAllowed']]);
      const [ref, problems] = of({ vault: { path, key: 'other' } });
      expect([ref?.name, problems]).toEqual(['skald-provider-keys', []]);
    });
  });

  test('with the tenant’s key in Vault, of another kind, does not get it for that kind’s endpoint', () => {
    const vault = { path: 'secret/data/skald/skald-a/providers/x', key: 'k' };
    const own = tenant({ stt: { kind: 'deepgram', vault } });
    const of = (kind: 'openai' | 'google') =>
      effectiveProviders(own, campaign({ providers: { llm: { kind, vault } } })).llm;
    expect(of('google')).toMatchObject({ refusedVaultPath: vault.path });
    expect(of('google')?.apiKeySecretRef).toBeUndefined();
    const fallback = campaign({ providers: { stt: { fallback: { kind: 'elevenlabs', vault } } } });
    expect(effectiveProviders(own, fallback).stt?.fallback).toMatchObject({ refusedVaultPath: vault.path });
    const same = campaign({ providers: { tts: { kind: 'deepgram', vault } } });
    expect(effectiveProviders(own, same).tts?.vaultRef).toEqual(vault);
  });

  test('with a key in Vault and no Vault says so', () => {
    expect(reasons({ providers: { llm: { vault: { path: 'p', key: 'k' } } } })).toEqual([
      'VaultNotConfigured',
    ]);
  });
});

describe('entities from a ConfigMap', () => {
  const spec = campaign({ entitiesFrom: { configMapRef: { name: 'c', key: 'entities.yaml' } } });
  const from = (text: string) => entitiesFrom(spec, { data: { 'entities.yaml': text } });

  test('are read', async () => {
    expect(await from('- {name: Barovia, kind: place, description: Fog., knowledge: [village]}')).toEqual({
      state: 'read',
      entities: [{ name: 'Barovia', kind: 'place', description: 'Fog.', knowledge: ['village'] }],
    });
  });

  test('are refused when they are too much for a Campaign', async () => {
    const long = 'x'.repeat(2000);
    const lines = (count: number) =>
      Array.from({ length: count }, (_, n) => `- {name: e${n}, description: ${long}}`).join('\n');
    expect(await from(lines(250))).toMatchObject({ state: 'read' });
    expect(await from(lines(300))).toMatchObject({
      state: 'invalid',
      message: expect.stringMatching(
        /^ConfigMap c, key .* has 59\d KiB of entities; at most 512 KiB are allowed.$/,
      ),
    });
  });

  test('are missing without the ConfigMap or the key', async () => {
    expect(await entitiesFrom(spec, undefined)).toMatchObject({ state: 'missing' });
    expect(await entitiesFrom(spec, { data: {} })).toMatchObject({
      state: 'missing',
      message: expect.stringContaining('entities.yaml'),
    });
    expect(await entitiesFrom(campaign({}), undefined)).toEqual({ state: 'none' });
  });

  test.each([
    'a: [',
    'name: x',
    '- {name: x}',
    '- {name: x, description: y, colour: red}',
    '- {name: x, description: y, knowledge: all}',
    '- 12',
  ])('%j is refused with its place', async (text) => {
    expect(await from(text)).toMatchObject({
      state: 'invalid',
      message: expect.stringContaining('ConfigMap c, key entities.yaml'),
    });
  });
});

test('history keeps the latest sessions from Discord, and everything that was applied', () => {
  const session = (name: string, endedAt: string | undefined, discord = true): Ended => ({
    metadata: { name },
    spec: {
      mode: name.startsWith('recap') ? 'Recap' : 'Live',
      ...(discord ? { requestedBy: { userId: '1', interactionId: '2' } } : {}),
    },
    status: endedAt === undefined ? { phase: 'Active' } : { phase: 'Ended', endedAt },
  });
  const sessions = [
    session('old', '2030-01-01T00:00:00Z'),
    session('new', '2030-01-03T00:00:00Z'),
    session('applied', '2029-01-01T00:00:00Z', false),
    session('running', undefined),
    session('middle', '2030-01-02T00:00:00Z'),
  ];
  expect(surplusSessions(sessions, 2).map(({ metadata }) => metadata.name)).toEqual(['old']);
  expect(surplusSessions(sessions, 0)).toHaveLength(3);
  // Recaps, of which there may be many, displace no session.
  const recaps = ['4', '5', '6'].map((day) => session(`recap-${day}`, `2030-01-0${day}T00:00:00Z`));
  const surplus = surplusSessions([...sessions, ...recaps], 2).map(({ metadata }) => metadata.name);
  expect(surplus).toEqual(['old', 'recap-4']);
  expect(surplusSessions(sessions, undefined)).toEqual([]);
});

test('the revision follows content, not the order of keys', () => {
  const one = revisionOf(campaign({ title: 'a', description: 'b' }), {}, { state: 'none' });
  expect(revisionOf(campaign({ description: 'b', title: 'a' }), {}, { state: 'none' })).toBe(one);
  expect(revisionOf(campaign({ description: 'b', title: 'c' }), {}, { state: 'none' })).not.toBe(one);
  expect(
    revisionOf(
      campaign({ title: 'a', description: 'b' }),
      { llm: { kind: 'openai', keyInVault: false } },
      { state: 'none' },
    ),
  ).not.toBe(one);
});
