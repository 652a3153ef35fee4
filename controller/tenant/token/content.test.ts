import { describe, expect, test } from 'vitest';
import { exposedIn, type TokenSecret, tokenContent, tokenIn, withCiphertext, writerOf } from './content.ts';

const TOKEN = 'MTIz.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789';
const CIPHERTEXT = 'vault:v2:c2VhbGVk';
const b64 = (text: string) => Buffer.from(text).toString('base64');

function secret(data: Record<string, string>, annotations?: Record<string, string>): TokenSecret {
  return {
    metadata: {
      name: 'skald-bot-token',
      namespace: 'skald-acme',
      uid: '1',
      resourceVersion: '7',
      ...(annotations === undefined ? {} : { annotations }),
    },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, b64(text)])),
  };
}

const manifest = (fields: object) =>
  `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'skald-bot-token' }, ...fields })}\n`;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

describe('what is in the Secret', () => {
  test.each([
    ['no key', { other: 'x' }, { kind: 'missing', message: expect.stringContaining('no key token') }],
    ['an empty one', { token: ' \n' }, { kind: 'missing', message: expect.stringContaining('is empty') }],
    ['plaintext', { token: `${TOKEN}\n` }, { kind: 'plaintext', immutable: false }],
    ['what only looks like ciphertext', { token: 'vault:v0:x' }, { kind: 'plaintext', immutable: false }],
    [
      'ciphertext',
      { token: `${CIPHERTEXT}\n` },
      { kind: 'ciphertext', version: 2, immutable: false, exposedIn: [] },
    ],
  ])('%s', (_, data, content) => {
    expect(tokenContent(secret(data), 'token')).toEqual(content);
  });

  test('says nothing of the token', () => {
    expect(JSON.stringify(tokenContent(secret({ token: TOKEN }), 'token'))).not.toContain('MTIz');
  });
});

describe('the ciphertext takes the place of the token', () => {
  test('under the one key, and nothing else changes', () => {
    const before = { ...secret({ token: TOKEN, other: 'kept' }, { note: 'kept' }), type: 'Opaque' };
    const after = withCiphertext(before, 'token', CIPHERTEXT);
    expect(after).toEqual({ ...before, data: { token: b64(CIPHERTEXT), other: b64('kept') } });
  });

  test.each([
    [
      'in data',
      { data: { token: b64(TOKEN), other: b64('x') } },
      { data: { token: b64(CIPHERTEXT), other: b64('x') } },
    ],
    ['in stringData', { stringData: { token: TOKEN } }, { stringData: { token: CIPHERTEXT } }],
    [
      'in data, with a line end',
      { data: { token: b64(`${TOKEN}\n`) } },
      { data: { token: b64(CIPHERTEXT) } },
    ],
  ])('in kubectl’s copy of the manifest, %s', (_, fields, expected) => {
    const before = secret({ token: TOKEN }, { [LAST_APPLIED]: manifest(fields), note: 'kept' });
    expect(exposedIn(before, 'token')).toEqual([LAST_APPLIED]);
    const after = withCiphertext(before, 'token', CIPHERTEXT);
    expect(after.metadata.annotations).toEqual({ [LAST_APPLIED]: manifest(expected), note: 'kept' });
    expect(JSON.stringify(after)).not.toContain(TOKEN);
    expect(JSON.stringify(after)).not.toContain(b64(TOKEN));
    expect(tokenContent(after, 'token')).toMatchObject({ kind: 'ciphertext', exposedIn: [] });
  });

  test('and an annotation that holds the token in another way is dropped', () => {
    const before = secret({ token: TOKEN }, { 'example.com/note': `it was ${TOKEN}`, note: 'kept' });
    expect(withCiphertext(before, 'token', CIPHERTEXT).metadata.annotations).toEqual({ note: 'kept' });
  });

  test('and a manifest that repeats it elsewhere, too', () => {
    const before = secret({ token: TOKEN }, { [LAST_APPLIED]: manifest({ data: {}, note: TOKEN }) });
    expect(withCiphertext(before, 'token', CIPHERTEXT).metadata.annotations).toEqual({});
  });

  test('also in the copy of an earlier manifest, when the Secret itself holds ciphertext', () => {
    const before = secret(
      { token: CIPHERTEXT },
      { [LAST_APPLIED]: manifest({ stringData: { token: TOKEN } }) },
    );
    expect(tokenContent(before, 'token')).toMatchObject({ kind: 'ciphertext', exposedIn: [LAST_APPLIED] });
    expect(JSON.stringify(withCiphertext(before, 'token', CIPHERTEXT))).not.toContain(TOKEN);
  });
});

test('the token is read without what is around it', () => {
  expect(tokenIn(secret({ token: ` ${TOKEN}\n` }), 'token')).toBe(TOKEN);
});

test('the API server notes who wrote the key', () => {
  const { data, metadata } = secret({ token: TOKEN });
  const managedFields = [
    { manager: 'other', fieldsV1: { 'f:data': { 'f:other': {} } } },
    { manager: 'argocd-controller', fieldsV1: { 'f:data': { '.': {}, 'f:token': {} } } },
  ];
  expect(writerOf({ metadata: { ...metadata, managedFields } }, 'token')).toBe('argocd-controller');
  expect(data).toBeDefined();
});
