import { expect, test } from 'vitest';
import { botTokenOf } from './bot-token.ts';

function secret(data: Record<string, string>) {
  return {
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  };
}

test('the token is read from the key that the tenant names, without the line end', () => {
  expect(botTokenOf({}, secret({ token: 'abc\n' }), true)).toEqual({ kind: 'present', token: 'abc' });
  const ref = { botTokenSecretRef: { name: 'skald-bot-token', key: 'discord' } };
  expect(botTokenOf(ref, secret({ discord: 'xyz' }), true)).toEqual({ kind: 'present', token: 'xyz' });
});

test.each([
  ['cannot be read yet', undefined, false],
  ['There is no Secret', undefined, true],
  ['has no key token', secret({ other: 'x' }), true],
  ['is empty', secret({ token: ' \n' }), true],
  ['encrypted by Vault', secret({ token: 'vault:v1:c2VjcmV0' }), true],
] as const)('without a usable token: %s', (text, value, readable) => {
  const token = botTokenOf({}, value, readable);
  expect(token).toMatchObject({ kind: 'missing', message: expect.stringContaining(text) });
  expect(JSON.stringify(token)).not.toContain('c2VjcmV0');
});
