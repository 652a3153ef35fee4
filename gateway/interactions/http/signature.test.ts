import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkHeaders, checkSignature, MAX_AGE_MS, type SignedRequest } from './signature.ts';

const NOW = Date.parse('2030-06-01T20:00:00Z');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEY = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');

function signed(change: Partial<SignedRequest> & { readonly ageMs?: number } = {}): SignedRequest {
  const { ageMs = 0, ...rest } = change;
  const timestamp = String(Math.floor((NOW - ageMs) / 1000));
  const body = Buffer.from('{"type":1}');
  const signature = sign(null, Buffer.concat([Buffer.from(timestamp), body]), privateKey).toString('hex');
  return { applicationId: '1', timestamp, signature, body, ...rest };
}

const check = (request: SignedRequest, key = KEY) => checkSignature(request, key, NOW);

test('what the application’s key has signed now is right, in either case of the digits', () => {
  expect(check(signed())).toBeUndefined();
  const request = signed();
  expect(check({ ...request, signature: request.signature.toUpperCase() })).toBeUndefined();
});

test('one byte more, less or different is wrong, and so is another key', () => {
  const request = signed();
  for (const text of ['{"type":1} ', '{"type":1', '{"type":2}', '']) {
    expect(check({ ...request, body: Buffer.from(text) })).toBe('wrong');
  }
  expect(check({ ...request, timestamp: String(Number(request.timestamp) - 1) })).toBe('wrong');
  expect(check({ ...request, signature: '0'.repeat(128) })).toBe('wrong');
  expect(check(request, 'ab'.repeat(32))).toBe('wrong');
});

test('a key that is none is no way in', () => {
  for (const key of ['', 'ab', KEY.slice(1), KEY.toUpperCase(), `${KEY}00`]) {
    expect(check(signed(), key)).toBe('wrong');
  }
});

test('five minutes are not too long, in either direction; a second more is', () => {
  expect(check(signed({ ageMs: MAX_AGE_MS }))).toBeUndefined();
  expect(check(signed({ ageMs: -MAX_AGE_MS }))).toBeUndefined();
  expect(check(signed({ ageMs: MAX_AGE_MS + 1_000 }))).toBe('stale');
  expect(check(signed({ ageMs: -MAX_AGE_MS - 1_000 }))).toBe('stale');
});

test.each([
  ['no signature', { signature: '' }],
  ['half a signature', { signature: 'ab'.repeat(32) }],
  ['no hexadecimal digits', { signature: 'zz'.repeat(64) }],
  ['two signatures', { signature: 'ab'.repeat(128) }],
  ['no timestamp', { timestamp: '' }],
  ['a negative one', { timestamp: '-1' }],
  ['one with a fraction', { timestamp: '1.5' }],
  ['one in words', { timestamp: 'now' }],
  ['a very long one', { timestamp: '1'.repeat(400) }],
  ['one with a line end', { timestamp: '1\n' }],
])('%s is malformed, before the body is looked at', (_, change) => {
  expect(checkHeaders(signed(change), NOW)).toBe('malformed');
});
