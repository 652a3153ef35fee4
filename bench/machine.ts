/** What has to be known of a machine to compare figures that were measured on it. */
import { cpus, release, totalmem } from 'node:os';

export interface Machine {
  /** Cores that the bench could use. */
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Versions of what else was measured or measured against, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(cores: number, versions: Readonly<Record<string, string>>): Machine {
  return {
    cores,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    versions,
  };
}
