import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ENCODINGS, marksIn, needlesOf, secretsOf } from './marks.ts';
import { processes } from './processes.ts';
import { search, summaryOf } from './search.ts';

const VALUE = 'p&ss/w"rd<with>\\all+of=it';

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('the marks', () => {
  test('are the values of Secrets, with the Secrets that hold them as home, and no certificates', () => {
    const secrets = [
      {
        metadata: { namespace: 'a', name: 'one' },
        data: { token: encode('the-bot-token-1\n'), 'tls.crt': encode('public-certificate') },
      },
      {
        metadata: { namespace: 'b', name: 'two' },
        data: { copy: encode('the-bot-token-1'), short: encode('short') },
      },
      {
        type: 'helm.sh/release.v1',
        metadata: { namespace: 'a', name: 'sh.helm' },
        data: { release: encode('a whole chart') },
      },
    ];
    const marks = marksIn(secrets, { 'the voice token': 'voice-token-2' });
    expect(marks.map(({ value, homes }) => [value, [...homes]])).toEqual([
      ['the-bot-token-1', ['a/one', 'b/two']],
      ['voice-token-2', []],
    ]);
  });

  test('of a DSN are its password, of a private key a line of it', () => {
    expect(secretsOf('postgresql://user:p%40ssword-of-it@host/db')).toEqual(['p@ssword-of-it']);
    expect(secretsOf('-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\nCCCC\n-----END PRIVATE KEY-----\n')).toEqual([
      'BBBB',
    ]);
    expect(secretsOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toEqual([]);
  });
});

describe('a mark is found', () => {
  const [mark] = marksIn([{ metadata: { namespace: 'a', name: 'one' }, data: { token: encode(VALUE) } }]);
  if (mark === undefined) throw new Error('no mark');
  const bytes = Buffer.from(VALUE);

  test.each([
    ['plain', `x${VALUE}y`],
    ['base64', `x ${encode(VALUE)} y`],
    ['base64', `x ${encode(`a${VALUE}b`)} y`],
    ['base64', `x ${encode(`ab${VALUE}bcd`)} y`],
    ['base64', `x ${Buffer.from(`abc${VALUE}`).toString('base64url')} y`],
    ['hex', `x${bytes.toString('hex')}y`],
    ['hex', bytes.toString('hex').toUpperCase()],
    ['URL', `?token=${encodeURIComponent(VALUE)}&`],
    ['JSON', JSON.stringify({ token: VALUE })],
    [
      'JSON',
      JSON.stringify({ token: VALUE })
        .replaceAll('<', '\\u003c')
        .replaceAll('>', '\\u003e')
        .replaceAll('&', '\\u0026'),
    ],
  ])('in %s: %s', (encoding, text) => {
    const { hits } = search([mark], [{ place: 'logs', name: 'n', text }]);
    expect(hits).toEqual([{ place: 'logs', name: 'n', what: 'Secret a/one token', encoding }]);
    expect(ENCODINGS).toContain(encoding);
  });

  test('not in what has nothing of it, not in its own Secret, but in another one', () => {
    const text = encode(VALUE);
    const places = [
      { place: 'logs', name: 'n', text: 'p&ss/w"rd' },
      { place: 'other secrets', name: 'own', text, home: 'a/one' },
      { place: 'other secrets', name: 'other', text, home: 'a/two' },
    ];
    const result = search([mark], places);
    expect(result.hits.map(({ name }) => name)).toEqual(['other']);
    expect(summaryOf(result)).toBe('check:secrets: 1 marks x 5 encodings, 2 places, 0.0 MB searched, 1 hits');
  });

  test('and no needle is so short that it is found by chance', () => {
    for (const [, needle] of needlesOf('twelve-chars')) expect(needle.length).toBeGreaterThan(10);
  });
});

test('arguments and environment of a process are read', async () => {
  const code = 'process.stdout.write("up"); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', code, 'mark-in-an-argument'], {
    env: { MARK: 'mark-in-the-environment' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    const found = await processes((id) => id === String(child.pid));
    expect(found.map(({ place }) => place)).toEqual(['process arguments', 'process environments']);
    expect(found[0]?.text).toContain('mark-in-an-argument');
    expect(found[1]?.text).toContain('mark-in-the-environment');
  } finally {
    child.kill('SIGKILL');
  }
});
