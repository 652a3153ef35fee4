// The options by which commands find a cluster, apart from what they do with it, so that others do not load a client.
import type { Command } from 'commander';
import { DEFAULT_SYSTEM_NAMESPACE } from '../../src/api/index.ts';

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly systemNamespace: string;
}

/** What a command prints with. */
export interface OutputFlags {
  readonly json?: boolean;
  /** commander's form of `--no-color`. */
  readonly color?: boolean;
}

export type Run = (load: () => Promise<{ main: (signal: AbortSignal) => Promise<number> }>) => Promise<void>;

export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'how to reach the cluster (default: KUBECONFIG, else ~/.kube/config)')
    .option('--context <name>', 'of the kubeconfig (default: its current context)')
    .option('--system-namespace <name>', 'where Skald is installed', DEFAULT_SYSTEM_NAMESPACE);
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object')
    .option('--no-color', 'no colours, as with NO_COLOR in the environment')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE));
}

/** Exit codes that the commands about a cluster share. */
export const FOUND = 0;
export const FAILED = 1;
export const USAGE = 2;

/** What the caller can mend; the command ends with USAGE. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
