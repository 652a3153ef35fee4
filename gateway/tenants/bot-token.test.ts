import { expect, test } from 'vitest';
import { storedTokenOf } from './bot-token.ts';

function secret(data: Record<string, string>) {
  return {
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  };
}

test('the token is read from the key that the tenant names, without the line end', () => {
  expect(storedTokenOf({}, secret({ token: 'abc\n' }), true)).toEqual({ kind: 'plaintext', token: 'abc' });
  const ref = { botTokenSecretRef: { name: 'skald-bot-token', key: 'discord' } };
  expect(storedTokenOf(ref, secret({ discord: 'xyz' }), true)).toEqual({ kind: 'plaintext', token: 'xyz' });
});

test('what Vault has encrypted is known by its form', () => {
  const ciphertext = 'vault:v1:c2VjcmV0';
  expect(storedTokenOf({}, secret({ token: `${ciphertext}\n` }), true)).toEqual({
    kind: 'ciphertext',
    ciphertext,
  });
});

test('a tenant whose token is in Vault needs no Secret', () => {
  const vault = { path: 'secret/data/skald/a/discord/bot', key: 'token' };
  expect(storedTokenOf({ vault }, undefined, false)).toEqual({ kind: 'vault', ref: vault });
});

test.each([
  ['cannot be read yet', undefined, false],
  ['There is no Secret', undefined, true],
  ['has no key token', secret({ other: 'x' }), true],
  ['is empty', secret({ token: ' \n' }), true],
] as const)('without a usable token: %s', (text, value, readable) => {
  expect(storedTokenOf({}, value, readable)).toMatchObject({
    kind: 'missing',
    reason: 'TokenMissing',
    message: expect.stringContaining(text),
  });
});
