import { messageOf } from '../../src/kube/index.ts';
import type { Terminal } from '../terminal.ts';
import { FAILED, USAGE, UsageError } from './options.ts';

/** Says why a command about a cluster ends. @returns its exit code */
export function failed(error: unknown, terminal: Pick<Terminal, 'stderr'>, hint = ''): number {
  terminal.stderr(`skald: ${messageOf(error)}${hint}\n`);
  return error instanceof UsageError ? USAGE : FAILED;
}
