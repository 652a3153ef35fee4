// What a Tenant's Events say of its bot token: pure.
import type { TokenEvent } from '../../../src/api/index.ts';
import type { EventFields } from '../../../src/kube/index.ts';
import type { TokenContent } from './content.ts';
import { returnedHint, type TokenAction } from './decide.ts';

export interface TokenChange {
  readonly action: Exclude<TokenAction, 'none'>;
  readonly namespace: string;
  readonly before: TokenContent | undefined;
  readonly after: TokenContent | undefined;
  /** The plaintext was one that had been encrypted before. */
  readonly returned: boolean;
  readonly writer: string | undefined;
  /** Names of annotations that held a plaintext token. */
  readonly cleaned: readonly string[];
}

export function tokenEvent(change: TokenChange): EventFields {
  const { action, namespace, returned, writer } = change;
  const version = versionOf(change.after);
  const key = `version ${version} of the Transit key skald-${namespace}`;
  if (returned) return event('Warning', 'PlaintextReturned', `${returnedHint(writer)}${traces(change)}`);
  if (action === 'encrypt') {
    const note = `The Secret skald-bot-token held the bot token in plaintext; it is encrypted there with ${key}.`;
    return event('Normal', 'TokenEncrypted', `${note}${traces(change)}`);
  }
  if (action === 'rewrap') {
    const note = `The bot token was encrypted with version ${versionOf(change.before)}; it is now with ${key}.`;
    return event('Normal', 'TokenRewrapped', `${note}${traces(change)}`);
  }
  return event('Warning', 'PlaintextRemoved', traces(change).trim());
}

function traces({ cleaned }: TokenChange): string {
  if (cleaned.length === 0) return '';
  return ` Plaintext in its annotation ${cleaned.join(', ')} is replaced or removed, too; apply Secrets with kubectl create or --server-side, which keep no copy.`;
}

function versionOf(content: TokenContent | undefined): number | undefined {
  return content?.kind === 'ciphertext' ? content.version : undefined;
}

function event(type: EventFields['type'], reason: TokenEvent, note: string): EventFields {
  return { type, reason, action: 'Encrypt', note };
}
