import { createSecretKey } from 'node:crypto';
import { type NetworkingState, NetworkingStatusCode } from '@discordjs/voice';

/**
 * Gives the voice library its AES key in the form that Node.js wants. From bytes Node 24 makes one for each packet, and an
 * exception with a stack on the way: a third of what receiving a packet costs. XChaCha20 is not Node's and needs the bytes.
 */
export function prepareKey(state: NetworkingState): void {
  if (state.code !== NetworkingStatusCode.Ready) return;
  const { connectionData } = state;
  const { encryptionMode } = connectionData;
  const key: unknown = connectionData.secretKey;
  if (encryptionMode !== 'aead_aes256_gcm_rtpsize' || !(key instanceof Uint8Array)) return;
  // The library hands it to node:crypto and to nothing else.
  Reflect.set(connectionData, 'secretKey', createSecretKey(key));
}
