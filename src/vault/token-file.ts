import { readFile } from 'node:fs/promises';
import { VaultError } from './vault-error.ts';

/**
 * Reads a projected service-account token anew each time, because kubelets rotate them.
 * @throws VaultError of kind `unreachable`: the kubelet may write it in a moment.
 */
export function tokenFile(path: string): () => Promise<string> {
  return async () => {
    let text: string;
    try {
      text = (await readFile(path, 'utf8')).trim();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      throw new VaultError(
        'unreachable',
        `The service account's token for Vault is not in ${path} (${code}): mount a projected token there`,
      );
    }
    if (text === '')
      throw new VaultError('unreachable', `The service account's token for Vault in ${path} is empty`);
    return text;
  };
}
