import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Provider, SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { readSettings } from '../settings.ts';
import { providerEndpoints } from './endpoints.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-endpoints-'));
  await writeFile(join(folder, 'key'), 'secret-of-the-tenant\n');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What the pod's environment says of keys, and the base URLs that are configured. */
async function endpoints(env: Record<string, string>, urls: { stt?: string; llm?: string }) {
  const file = join(folder, 'key');
  const settings = readSettings({
    SKALD_GATEWAY_ADDRESS: 'gateway:8443',
    SKALD_POD_NAME: 'p',
    SKALD_POD_UID: 'u',
    SKALD_STT_API_KEY_FILE: file,
    SKALD_LLM_API_KEY_FILE: file,
    ...env,
  });
  const provider = (baseUrl = '') => Provider.create({ kind: 'openai', baseUrl });
  return await providerEndpoints(
    SessionConfiguration.create({ stt: provider(urls.stt), llm: provider(urls.llm) }),
    settings,
  );
}

describe('an API key', () => {
  it.each([
    'https://llm.example/v1',
    'https://LLM.example:443/v1/',
    // Encoded, full-width, and with a detour: the URL parser reads one and the same place.
    'https://llm%2Eexample/v1',
    'https://\uff4c\uff4c\uff4d.example/v1',
    'https://llm.example/./v1',
  ])('goes to the URL that it was mounted for, written %s', async (llm) => {
    const { llm: endpoint } = await endpoints({ SKALD_LLM_API_KEY_URL: 'https://llm.example/v1' }, { llm });
    expect(endpoint).toEqual({
      role: 'llm',
      kind: 'openai',
      pricePerUnitUSD: 0,
      baseUrl: 'https://llm.example/v1',
      model: 'gpt-4o-mini',
      apiKey: 'secret-of-the-tenant',
      reach: 'public',
    });
  });

  it.each([
    ['another host', 'https://elsewhere.example/v1'],
    ['another path, which may be another customer', 'https://llm.example/other/v1'],
    ['another port', 'https://llm.example:8443/v1'],
    ['the same host in the clear', 'http://llm.example/v1'],
    ['the default, which was not the one', ''],
    ['a name that only begins alike', 'https://llm.example.elsewhere.example/v1'],
    ['another host behind a user name', 'https://llm.example@elsewhere.example/v1'],
    ['the same host as another user', 'https://someone@llm.example/v1'],
    ['another host behind a backslash', 'https://elsewhere.example\\@llm.example/v1'],
    ['a host that ends in a dot, which another resolver may lead elsewhere', 'https://llm.example./v1'],
    ['a path that climbs out', 'https://llm.example/v1/../v2'],
    ['a WebSocket of the same host', 'wss://llm.example/v1'],
    ['a name that only looks alike (Cyrillic)', 'https://llm.ex\u0430mple/v1'],
    ['the same URL with a query', 'https://llm.example/v1?to=elsewhere'],
  ])('does not go to %s', async (_what, llm) => {
    const { llm: endpoint } = await endpoints({ SKALD_LLM_API_KEY_URL: 'https://llm.example/v1' }, { llm });
    expect(endpoint).toMatchObject({ apiKey: undefined, keyWithheld: true });
  });

  it('without a URL is for the default alone, which is the sidecar where the profile has one', async () => {
    expect((await endpoints({}, {})).llm.apiKey).toBeDefined();
    expect((await endpoints({}, { llm: 'https://api.openai.com/v1/' })).llm.apiKey).toBeDefined();
    expect((await endpoints({}, { llm: 'https://elsewhere.example/v1' })).llm.apiKey).toBeUndefined();
    const offline = { SKALD_PROFILE: 'offline' };
    expect((await endpoints(offline, { stt: 'http://127.0.0.1:8090/v1' })).stt.apiKey).toBeDefined();
    expect((await endpoints(offline, { stt: 'https://api.openai.com/v1' })).stt.apiKey).toBeUndefined();
    const local = { SKALD_PROFILE: 'local-llm' };
    expect((await endpoints(local, { llm: 'http://127.0.0.1:8092/v1' })).llm.apiKey).toBeDefined();
    expect((await endpoints(local, { llm: 'https://api.openai.com/v1' })).llm.apiKey).toBeUndefined();
  });
});

describe('a kind', () => {
  const settings = (env: Record<string, string>) =>
    readSettings({ SKALD_GATEWAY_ADDRESS: 'g:1', SKALD_POD_NAME: 'p', SKALD_POD_UID: 'u', ...env });
  const of = async (llm: Partial<Provider>, env: Record<string, string> = {}) =>
    (await providerEndpoints(SessionConfiguration.create({ llm }), settings(env))).llm;

  it('has a base URL and a model of its own', async () => {
    expect(await of({ kind: 'anthropic' })).toMatchObject({
      baseUrl: 'https://api.anthropic.com/v1',
      model: 'claude-haiku-4-5',
    });
    const local = { SKALD_PROFILE: 'local-llm' };
    expect((await of({ kind: 'google' }, local)).baseUrl).toBe(
      'https://generativelanguage.googleapis.com/v1beta',
    );
  });

  it('gets no key that was mounted for another one', async () => {
    const file = { SKALD_LLM_API_KEY_FILE: join(folder, 'key') };
    expect(await of({ kind: 'google' }, file)).toMatchObject({ apiKey: undefined, keyWithheld: true });
    const url = 'https://generativelanguage.googleapis.com/v1beta';
    expect((await of({ kind: 'google' }, { ...file, SKALD_LLM_API_KEY_URL: url })).apiKey).toBeDefined();
  });

  it.each(['oracle', 'deepgram', 'toString'])(
    '%s, which the role does not have, is refused',
    async (kind) => {
      await expect(of({ kind })).rejects.toThrow(`llm: this worker knows no provider of kind ${kind}`);
    },
  );

  it('and a key are the fallback’s own', async () => {
    const fallback = Provider.create({ kind: 'google', pricePerUnitUsd: 2 });
    const env = {
      SKALD_LLM_FALLBACK_API_KEY_FILE: join(folder, 'key'),
      SKALD_LLM_FALLBACK_API_KEY_URL: 'https://generativelanguage.googleapis.com/v1beta',
    };
    expect(await of({ fallback }, env)).toMatchObject({
      ...{ kind: 'openai', apiKey: undefined, pricePerUnitUSD: 0 },
      fallback: { kind: 'google', apiKey: 'secret-of-the-tenant', pricePerUnitUSD: 2 },
    });
  });

  it('that not every session has is there when it is configured', async () => {
    const none = await providerEndpoints(SessionConfiguration.create({}), settings({}));
    expect(Object.keys(none)).toEqual(['stt', 'llm', 'tts']);
    const session = SessionConfiguration.create({ moderation: { kind: 'openai' } });
    expect((await providerEndpoints(session, settings({}))).moderation?.model).toBe('omni-moderation-latest');
  });
});

describe('the reach of a connection', () => {
  it('is what the gateway says, the Internet when it says nothing, and free for the sidecar alone', async () => {
    const { stt } = await endpoints({ SKALD_PROFILE: 'offline' }, {});
    expect(stt).toMatchObject({ baseUrl: 'http://127.0.0.1:8090/v1', reach: 'any' });
    const cloud = await endpoints({}, { stt: 'http://127.0.0.1:8090/v1' });
    expect(cloud.stt.reach).toBe('public');
  });
});
