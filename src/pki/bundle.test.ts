import { describe, expect, test } from 'vitest';
import { chainsTo, joinPem, sameBundle, splitPem } from './bundle.ts';
import { CertificateAuthority } from './ca.ts';

const [one, other] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create()]);
const leaf = await one.issue({
  uriSans: ['spiffe://skald.local/operator'],
  lifetimeSeconds: 60,
  usages: ['client'],
});

describe('a bundle', () => {
  test('is split and joined again, each certificate once, whatever the line ends', () => {
    const bundle = `${one.certPem.replaceAll('\n', '\r\n')}\n# a remark\n${other.certPem}${one.certPem}`;
    expect(splitPem(joinPem([bundle]))).toEqual([one.certPem, other.certPem]);
  });

  test('is the same in another order, and another one with fewer', () => {
    const both = joinPem([one.certPem, other.certPem]);
    expect(sameBundle(joinPem([other.certPem, one.certPem]), both)).toBe(true);
    expect(sameBundle(one.certPem, both)).toBe(false);
    expect(sameBundle(undefined, both)).toBe(false);
  });
});

describe('a chain', () => {
  test('is accepted by a bundle with its authority, and by no other', () => {
    expect(chainsTo(leaf.certPem, joinPem([other.certPem, one.certPem]))).toBe(true);
    expect(chainsTo(leaf.certPem, other.certPem)).toBe(false);
    expect(chainsTo(leaf.certPem, '')).toBe(false);
  });

  test('that ends in an authority which is not in the bundle is not', () => {
    expect(chainsTo(leaf.certPem + one.certPem, other.certPem)).toBe(false);
  });

  test('of noise is not', () => {
    expect(chainsTo('noise', one.certPem)).toBe(false);
    expect(chainsTo(leaf.certPem, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toBe(
      false,
    );
  });
});
