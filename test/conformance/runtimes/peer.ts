import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Loads from the packages that `bench/peers/install.ts` put beside the peer's lockfile. They are no part of this
 * project's own packages, so their types are not known here: an adapter says what it uses of them.
 */
export function requireOfPeer(peer: string): NodeJS.Require {
  const folder = join(import.meta.dirname, '..', '..', '..', 'bench', 'peers', peer);
  return createRequire(join(folder, 'package.json'));
}
