import { describe, expect, test } from 'vitest';
import { describeError, errorText, isSecretKey, redactText, redactValue } from './redact.ts';

const BOT_TOKEN = `${'MTIzNDU2Nzg5MDEyMzQ1Njc4'}.GaBcDe.${'x'.repeat(38)}`;

describe('secret keys', () => {
  test.each([
    'token',
    'botToken',
    'Authorization',
    'password',
    'apiKey',
    'API_KEY',
    'secret_key',
    'tls.key',
    'databaseUrl',
    'SKALD_DATABASE_URL',
    'keyPem',
    'private-key',
  ])('%s is one', (key) => expect(isSecretKey(key)).toBe(true));

  test.each(['key', 'llmTokens', 'tokenSecretName', 'session', 'publicKey', 'certPem', 'databaseUrlFile'])(
    '%s is none',
    (key) => expect(isSecretKey(key)).toBe(false),
  );

  test('lose their value at any depth, also in lists', () => {
    expect(redactValue({ a: [{ b: { token: 'x', n: 1 } }] })).toEqual({
      a: [{ b: { token: '[redacted]', n: 1 } }],
    });
  });
});

describe('secret text', () => {
  test.each([
    ['postgres://skald:hunter2@db:5432/skald', 'postgres://skald:[redacted]@db:5432/skald'],
    [`Authorization: Bot ${BOT_TOKEN}`, 'Authorization: Bot [redacted]'],
    [`token is ${BOT_TOKEN}.`, 'token is [redacted].'],
    ['key sk-abcdefghijklmnop1234', 'key [redacted]'],
    ['-----BEGIN PRIVATE KEY-----\\nMIG=\\n-----END PRIVATE KEY-----\\n', '[redacted]\\n'],
    [
      'https://discord.com/api/v10/webhooks/12/aW50ZXJhY3Rpb246MTIz/messages',
      'https://discord.com/api/v10/webhooks/12/[redacted]/messages',
    ],
  ])('%s', (text, clean) => expect(redactText(text)).toBe(clean));

  test('leaves names, addresses and digests alone', () => {
    const text =
      'skald-gateway-0.skald-system.svc.cluster.local:8443 sha256:0123456789abcdef http://db:5432/x';
    expect(redactText(text)).toBe(text);
  });
});

describe('errors', () => {
  test('keep their causes and codes, and lose what libraries hang on them', () => {
    const cause = Object.assign(new Error('connect to postgres://u:p@db failed'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('migration failed', { cause }), {
      headers: { authorization: 'x' },
    });
    const described = describeError(error);
    expect(described).toMatchObject({
      type: 'Error',
      message: 'migration failed',
      cause: { message: 'connect to postgres://u:[redacted]@db failed', code: 'ECONNREFUSED' },
    });
    expect(JSON.stringify(described)).not.toContain('authorization');
  });

  test('read as one line, without repeating a cause that the message holds', () => {
    const error = new Error('outer', { cause: new Error('inner', { cause: new Error('inner') }) });
    expect(errorText(error)).toBe('outer: inner');
  });
});
