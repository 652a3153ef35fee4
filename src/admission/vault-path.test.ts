import { describe, expect, test } from 'vitest';
import { tenantVaultPath } from './vault-path.ts';

const layout = { kvMount: 'team/kv', kvPrefix: 'skald' };
const of = (path: string) => tenantVaultPath(path, layout, 'skald-acme', 'providers');

describe('a path in Vault', () => {
  test.each([
    ['team/kv/data/skald/skald-acme/providers/openai', 'openai'],
    ['team/kv/data/skald/skald-acme/providers/eu/openai.v2', 'eu/openai.v2'],
  ])('in the tenant’s own part is allowed: %s', (path, rest) => {
    expect(of(path)).toEqual({ ok: true, path: rest });
  });

  test.each([
    ['another tenant’s', 'team/kv/data/skald/skald-other/providers/openai'],
    ['of a tenant whose name begins alike', 'team/kv/data/skald/skald-acme-2/providers/openai'],
    ['the bot token', 'team/kv/data/skald/skald-acme/discord/bot'],
    ['the command line’s spelling, without data', 'team/kv/skald/skald-acme/providers/openai'],
    ['another mount', 'secret/data/skald/skald-acme/providers/openai'],
    ['the folder itself', 'team/kv/data/skald/skald-acme/providers/'],
    ['a way up', 'team/kv/data/skald/skald-acme/providers/../discord/bot'],
    ['a hidden way up', 'team/kv/data/skald/skald-acme/providers/x/..%2f..%2fdiscord/bot'],
    ['an empty segment', 'team/kv/data/skald/skald-acme/providers//openai'],
    ['a query', 'team/kv/data/skald/skald-acme/providers/openai?version=1'],
    ['a leading slash', '/team/kv/data/skald/skald-acme/providers/openai'],
  ])('is refused, and the answer names what is allowed: %s', (_, path) => {
    const answer = of(path);
    expect(answer.ok).toBe(false);
    expect(answer).toMatchObject({
      message: expect.stringContaining('below team/kv/data/skald/skald-acme/providers/'),
    });
  });
});
