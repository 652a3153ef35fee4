import { expect, test } from 'vitest';
import { at, issued, NOW } from './fixtures.ts';
import { type CertificateInUse, renewalOf } from './renewal.ts';

const fresh: CertificateInUse = { notAfter: at(600), renewAt: at(400), bundleIsCurrent: true };
const untried = { state: 'none' } as const;

test('nothing before its time, then another certificate', () => {
  expect(renewalOf(fresh, at(399), untried)).toEqual({ at: at(400) });
  expect(renewalOf(fresh, at(400), untried)).toMatchObject({ due: 'certificate' });
  expect(renewalOf(fresh, at(4000), untried)).toMatchObject({ due: 'certificate' });
});

test('another bundle alone needs no other certificate', () => {
  expect(renewalOf({ ...fresh, bundleIsCurrent: false }, NOW, untried)).toMatchObject({ due: 'bundle' });
  expect(renewalOf({ ...fresh, bundleIsCurrent: false }, at(400), untried).due).toBe('certificate');
});

test('what failed is tried again later in good time, and says why', () => {
  const failed = { state: 'failed', message: 'Vault is sealed' } as const;
  expect(renewalOf(fresh, at(400), failed)).toEqual({ failure: 'Vault is sealed', at: at(402) });
  const long = { ...fresh, notAfter: at(86_400) };
  expect(renewalOf(long, at(400), failed).at).toEqual(at(460));
  expect(renewalOf(fresh, at(700), failed).at).toEqual(at(702));
});

test('a certificate that is due as soon as it is issued is not issued in a loop', () => {
  const { due, at: again } = renewalOf({ ...fresh, renewAt: at(-1) }, NOW, issued);
  expect(due).toBeUndefined();
  expect(again > NOW).toBe(true);
});
