import { describe, expect, test } from 'vitest';
import { ociReference, parseImageList, qualifiedName } from './images.ts';

const index = (annotations: object): string =>
  JSON.stringify({ manifests: [{ digest: 'sha256:1', annotations }] });

describe('the name under which an oci-archive is imported', () => {
  test('is the one that a pod which asks for the short name looks up', () => {
    expect(ociReference(index({ 'org.opencontainers.image.ref.name': 'skald:dev' }))).toBe(
      'docker.io/library/skald:dev',
    );
  });

  test('is left to ctr when the archive carries a full name or none', () => {
    expect(
      ociReference(index({ 'io.containerd.image.name': 'docker.io/library/skald:dev' })),
    ).toBeUndefined();
    expect(ociReference(index({ 'org.opencontainers.image.ref.name': 'dev' }))).toBeUndefined();
    expect(ociReference(JSON.stringify({ manifests: [{}] }))).toBeUndefined();
  });
});

test.each([
  ['skald:dev', 'docker.io/library/skald:dev'],
  ['local/pause:1', 'docker.io/local/pause:1'],
  ['localhost/skald:dev', 'localhost/skald:dev'],
  ['registry.example:5000/skald:dev', 'registry.example:5000/skald:dev'],
  ['ghcr.io/skald/skald:dev', 'ghcr.io/skald/skald:dev'],
])('the runtime knows %s as %s', (short, full) => {
  expect(qualifiedName(short)).toBe(full);
});

test('reads names and digests from what ctr lists, without the ids', () => {
  const text =
    'REF TYPE DIGEST SIZE PLATFORMS LABELS\ndocker.io/library/skald:dev application/x sha256:1 2 MiB linux/amd64 -\nsha256:9 application/x sha256:1 2 MiB linux/amd64 -\n';
  expect(parseImageList(text)).toEqual({ 'docker.io/library/skald:dev': 'sha256:1' });
});
