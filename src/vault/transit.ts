import type { VaultClient } from './client.ts';
import { numberAt, textAt } from './decode.ts';
import { vaultPath } from './paths.ts';
import { VaultError } from './vault-error.ts';

/** The Transit key that a tenant's secrets are encrypted with. */
export function transitKeyOf(namespace: string): string {
  return `skald-${namespace}`;
}

const CIPHERTEXT = /^vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]+={0,2}$/;

/** Whether the text is what {@link Transit.encrypt} answers. */
export function isCiphertext(text: string): boolean {
  return CIPHERTEXT.test(text);
}

/** The version of the key that a ciphertext was made with; undefined for what is no ciphertext. */
export function ciphertextVersion(text: string): number | undefined {
  const version = CIPHERTEXT.exec(text)?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Vault's encryption as a service: the keys never leave it. */
export class Transit {
  readonly #client: VaultClient;
  readonly #mount: string;

  constructor(client: VaultClient) {
    this.#client = client;
    this.#mount = client.settings.transitMount;
  }

  /**
   * `vault:v<version>:<base64>`. The first encryption with a key makes it, where the policy has `create`.
   * @param plaintext UTF-8
   * @throws VaultError
   */
  async encrypt(key: string, plaintext: string, signal?: AbortSignal): Promise<string> {
    return this.#ciphertext('encrypt', key, { plaintext: base64(plaintext) }, signal);
  }

  /** @throws VaultError of kind `invalid` when the ciphertext is not of this key, or was tampered with. */
  async decrypt(key: string, ciphertext: string, signal?: AbortSignal): Promise<string> {
    requireCiphertext(ciphertext);
    const answer = await this.#write('decrypt', key, { ciphertext }, signal);
    return Buffer.from(textAt(answer, 'plaintext', 'transit/decrypt'), 'base64').toString('utf8');
  }

  /** The same text under the key's newest version; Vault does not show it to anybody. */
  async rewrap(key: string, ciphertext: string, signal?: AbortSignal): Promise<string> {
    requireCiphertext(ciphertext);
    return this.#ciphertext('rewrap', key, { ciphertext }, signal);
  }

  /** @throws VaultError of kind `not-found` before the first encryption. */
  async latestVersion(key: string, signal?: AbortSignal): Promise<number> {
    const path = vaultPath(this.#mount, 'keys', key);
    const { data } = await this.#client.request({ method: 'GET', path, signal, operation: 'transit.key' });
    return numberAt(data, 'latest_version', 'transit/keys');
  }

  async #ciphertext(
    verb: 'encrypt' | 'rewrap',
    key: string,
    body: object,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const ciphertext = textAt(await this.#write(verb, key, body, signal), 'ciphertext', `transit/${verb}`);
    if (!isCiphertext(ciphertext)) {
      throw new VaultError('unreachable', `Vault: transit/${verb}: the answer is no ciphertext`);
    }
    return ciphertext;
  }

  async #write(verb: string, key: string, body: object, signal: AbortSignal | undefined) {
    const path = vaultPath(this.#mount, verb, key);
    const answer = await this.#client.request({
      method: 'POST',
      path,
      body,
      signal,
      operation: `transit.${verb}`,
    });
    return answer.data;
  }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function requireCiphertext(text: string): void {
  // Vault would refuse it, too; a plaintext that is sent there by mistake has left its room.
  if (!isCiphertext(text)) {
    throw new VaultError('invalid', 'The text is no Transit ciphertext: those begin with "vault:v".');
  }
}
