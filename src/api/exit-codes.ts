// How a worker ends, and what everyone makes of it: the worker, its supervisor, the Job's podFailurePolicy,
// the operator and the documentation read this one table. Numbers follow sysexits(3) where it has one.
import type { EndReason } from './reasons.ts';

export interface ExitOutcome {
  readonly code: number;
  readonly meaning: string;
  /** Inside the pod: `respawn` starts the worker process again, `pass` ends the pod with the same code. */
  readonly supervisor: 'respawn' | 'pass';
  /**
   * The Job: `complete` is success, `fail` fails it at once (podFailurePolicy FailJob), `retry` counts against
   * backoffLimit, `replace` makes another pod without counting (podFailurePolicy Ignore).
   */
  readonly job: 'complete' | 'fail' | 'retry' | 'replace';
  /** Why the session ended, when this ended it and the worker left no result that says so. */
  readonly endReason?: EndReason;
}

export const exitOutcomes = {
  Stopped: {
    code: 0,
    meaning: 'Stopped as it was told, and said goodbye; or its recap is done.',
    supervisor: 'pass',
    job: 'complete',
  },
  ConfigurationError: {
    code: 64,
    meaning: 'The configuration cannot work. Trying again gives the same.',
    supervisor: 'pass',
    job: 'fail',
    endReason: 'WorkerFailed',
  },
  IdentityRefused: {
    code: 65,
    meaning: 'The gateway refuses the certificate: it names no session that lives, or another one.',
    supervisor: 'pass',
    job: 'fail',
    endReason: 'WorkerFailed',
  },
  DiscordRefused: {
    code: 69,
    meaning: 'Discord does not let the bot in: a missing permission, a full or a deleted channel.',
    supervisor: 'pass',
    job: 'fail',
    endReason: 'DiscordRefused',
  },
  Temporary: {
    code: 75,
    meaning: 'Something else was not there: gateway, network, provider. Trying again may work.',
    supervisor: 'respawn',
    job: 'retry',
    endReason: 'WorkerFailed',
  },
  Terminated: {
    code: 143,
    meaning: 'SIGTERM without Stop: an eviction or a drained node. Not a failure; another pod carries on.',
    supervisor: 'pass',
    job: 'replace',
  },
} as const satisfies Record<string, ExitOutcome>;

export type ExitName = keyof typeof exitOutcomes;

/** The codes alone: `process.exitCode = exitCodes.Temporary`. */
export const exitCodes = {
  Stopped: exitOutcomes.Stopped.code,
  ConfigurationError: exitOutcomes.ConfigurationError.code,
  IdentityRefused: exitOutcomes.IdentityRefused.code,
  DiscordRefused: exitOutcomes.DiscordRefused.code,
  Temporary: exitOutcomes.Temporary.code,
  Terminated: exitOutcomes.Terminated.code,
} as const satisfies { readonly [name in ExitName]: (typeof exitOutcomes)[name]['code'] };

export type ExitCode = (typeof exitCodes)[ExitName];

/** Every code that the table does not know is a crash (or a SIGKILL, 137): tried again, and counted. */
export const crashed: ExitOutcome = {
  code: 1,
  meaning: 'The worker crashed.',
  supervisor: 'respawn',
  job: 'retry',
  endReason: 'WorkerFailed',
};

export function exitOutcome(code: number): ExitOutcome {
  return Object.values<ExitOutcome>(exitOutcomes).find((outcome) => outcome.code === code) ?? crashed;
}

export function exitName(code: number): ExitName | undefined {
  return exitNames.find((name) => exitOutcomes[name].code === code);
}

const exitNames: readonly ExitName[] = [
  'Stopped',
  'ConfigurationError',
  'IdentityRefused',
  'DiscordRefused',
  'Temporary',
  'Terminated',
];
