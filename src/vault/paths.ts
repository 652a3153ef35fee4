import { VaultError } from './vault-error.ts';

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;

/**
 * A path below `/v1/` from parts that may hold slashes. Strict, because a part may come from a manifest: no empty
 * segment, no `.` or `..`, nothing that needs escaping.
 * @throws VaultError of kind `invalid`
 */
export function vaultPath(...parts: readonly string[]): string {
  const segments = parts.flatMap((part) => part.split('/'));
  for (const segment of segments) {
    if (!SEGMENT.test(segment)) {
      throw new VaultError(
        'invalid',
        'A path in Vault consists of names of letters, digits, "_", ".", "@" and "-" with single slashes between them.',
      );
    }
  }
  return segments.join('/');
}
