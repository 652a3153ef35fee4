import { expect, test } from 'vitest';
import { CertificateAuthority } from '../../src/pki/ca.ts';
import { type KnownAuthority, rememberAuthorities, sameAuthorities } from './history.ts';

const [one, two, short] = await Promise.all([
  CertificateAuthority.create().then(({ certPem }) => certPem),
  CertificateAuthority.create().then(({ certPem }) => certPem),
  CertificateAuthority.create({ lifetimeSeconds: 120 }).then(({ certPem }) => certPem),
]);
const start = Date.now();
const at = (seconds: number) => new Date(start + seconds * 1000);
const facts = { now: at(0), source: 'vault' as const, keepSeconds: 1000 };
const names = (known: readonly KnownAuthority[]) => known.map(({ certPem }) => certPem);

test('whom the source names is trusted, first of all', () => {
  const known = rememberAuthorities([{ certPem: two, source: 'vault' }], { ...facts, named: [one, two] });
  expect(known).toEqual([
    { certPem: one, source: 'vault' },
    { certPem: two, source: 'vault' },
  ]);
});

test('one that is named no more stays as long as its certificates can live, counted from when that was seen', () => {
  const before = [{ certPem: one, source: 'vault' as const }];
  const gone = rememberAuthorities(before, { ...facts, named: [two] });
  expect(gone[1]).toEqual({ certPem: one, source: 'vault', goneSince: at(0) });
  const later = rememberAuthorities(gone, { ...facts, now: at(999), named: [two] });
  expect(later[1]?.goneSince).toEqual(at(0));
  expect(names(rememberAuthorities(later, { ...facts, now: at(1000), named: [two] }))).toEqual([two]);
});

test('named again, it is as if it had never been gone', () => {
  const gone = rememberAuthorities([{ certPem: one, source: 'vault' }], { ...facts, named: [two] });
  const back = rememberAuthorities(gone, { ...facts, now: at(500), named: [one] });
  expect(back.find(({ certPem }) => certPem === one)?.goneSince).toBeUndefined();
});

test('nobody is trusted beyond their own end', () => {
  const before = [{ certPem: short, source: 'vault' as const }];
  expect(names(rememberAuthorities(before, { ...facts, now: at(50), named: [one] }))).toEqual([one, short]);
  expect(names(rememberAuthorities(before, { ...facts, now: at(121), named: [one] }))).toEqual([one]);
});

test('the built-in source says itself when one of its own goes; of another source’s it knows nothing', () => {
  const before: KnownAuthority[] = [
    { certPem: one, source: 'builtin' },
    { certPem: two, source: 'vault' },
  ];
  const builtin = { ...facts, source: 'builtin' as const, named: [] };
  expect(names(rememberAuthorities(before, builtin))).toEqual([two]);
  // The installation has moved to Vault: sessions with certificates of the built-in authority go on.
  expect(names(rememberAuthorities(before, { ...facts, named: [two] }))).toEqual([two, one]);
});

test('what says the same is not written again', () => {
  const known: KnownAuthority[] = [{ certPem: one, source: 'vault' }];
  expect(sameAuthorities(known, [...known])).toBe(true);
  expect(sameAuthorities(known, [{ certPem: one, source: 'vault', goneSince: at(0) }])).toBe(false);
});
