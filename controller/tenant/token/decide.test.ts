import { describe, expect, test } from 'vitest';
import { decideToken, type TokenObservation } from './decide.ts';

const layout = { kvMount: 'secret', kvPrefix: 'skald' };
const plaintext = { kind: 'plaintext', immutable: false } as const;
const ciphertext = { kind: 'ciphertext', version: 2, immutable: false, exposedIn: [] } as const;

function decide(changes: Partial<TokenObservation>) {
  const { action, step } = decideToken({
    discord: {},
    namespace: 'skald-a',
    vault: layout,
    content: plaintext,
    latestVersion: undefined,
    returned: undefined,
    ...changes,
  });
  return [action, step.status, step.reason];
}

describe('a token in its Secret', () => {
  test('in plaintext is encrypted, unless the Secret is immutable', () => {
    expect(decide({})).toEqual(['encrypt', 'False', 'Reconciling']);
    expect(decide({ content: { ...plaintext, immutable: true } })).toEqual([
      'none',
      'False',
      'TokenSecretImmutable',
    ]);
  });

  test('that comes back is encrypted again, when its time has come', () => {
    const returned = (waitMs: number) => ({ returned: { writer: 'argocd', waitMs } });
    expect(decide(returned(0))).toEqual(['encrypt', 'False', 'PlaintextReturned']);
    expect(decide(returned(1000))).toEqual(['none', 'False', 'PlaintextReturned']);
  });

  test.each([
    ['under the newest version is left alone', { latestVersion: 2 }, 'none'],
    ['under an older version is wrapped anew', { latestVersion: 3 }, 'rewrap'],
    ['of which nothing newer is known is left alone', {}, 'none'],
    ['with a copy in plaintext is cleaned', { content: { ...ciphertext, exposedIn: ['a'] } }, 'clean'],
    [
      'in an immutable Secret is left alone',
      { latestVersion: 3, content: { ...ciphertext, immutable: true } },
      'none',
    ],
  ])('encrypted, %s', (_, changes, action) => {
    expect(decide({ content: ciphertext, ...changes })).toEqual([action, 'True', 'TokenEncrypted']);
  });

  test('that is not there is not encrypted', () => {
    expect(decide({ content: { kind: 'missing', message: 'no' } })).toEqual([
      'none',
      'False',
      'TokenMissing',
    ]);
  });
});

describe('without Vault', () => {
  test.each([plaintext, ciphertext, undefined])('nothing is done, and it is said (%#)', (content) => {
    expect(decide({ vault: undefined, content })).toEqual(['none', 'False', 'VaultNotConfigured']);
  });
});

describe('a token in Vault', () => {
  const vault = (path: string) => ({ discord: { vault: { path, key: 'token' } }, content: undefined });

  test('counts as encrypted when it is the tenant’s own', () => {
    expect(decide(vault('secret/data/skald/skald-a/discord/bot'))).toEqual(['none', 'True', 'TokenInVault']);
  });

  test('is refused elsewhere, and without Vault', () => {
    const elsewhere = vault('secret/data/skald/skald-b/discord/bot');
    expect(decide(elsewhere)).toEqual(['none', 'False', 'VaultPathNotAllowed']);
    expect(decide({ ...elsewhere, vault: undefined })).toEqual(['none', 'False', 'VaultNotConfigured']);
  });
});
