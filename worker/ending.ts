/** The ways in which a worker ends, and the exit code of each. */
import { type ExitCode, exitCodes } from '../src/api/exit-codes.ts';

export type Ending =
  /** The gateway said Stop. */
  | { readonly type: 'stop'; readonly reason: string; readonly message: string }
  /** SIGTERM without Stop. */
  | { readonly type: 'terminated' }
  /** The gateway will never let this worker in. */
  | { readonly type: 'refused'; readonly message: string }
  /** It asked to be stopped, and nobody answered. */
  | { readonly type: 'gaveUp'; readonly reason: string; readonly message: string }
  | { readonly type: 'configuration'; readonly message: string }
  | { readonly type: 'crashed'; readonly message: string };

export function exitCodeOf(ending: Ending): ExitCode {
  switch (ending.type) {
    case 'stop':
      return exitCodes.Stopped;
    case 'terminated':
      return exitCodes.Terminated;
    case 'refused':
      return exitCodes.IdentityRefused;
    case 'configuration':
      return exitCodes.ConfigurationError;
    case 'gaveUp':
      if (ending.reason === 'DiscordRefused' || ending.reason === 'Kicked') return exitCodes.DiscordRefused;
      // A recap is done, whoever has heard of it.
      if (ending.reason === 'Completed' || ending.reason === 'NothingToRecap') return exitCodes.Stopped;
      return exitCodes.Temporary;
    case 'crashed':
      return exitCodes.Temporary;
  }
}

/** What status.endReason shall say; undefined: the session does not end with this process. */
export function endReasonOf(ending: Ending): string | undefined {
  switch (ending.type) {
    case 'stop':
    case 'gaveUp':
      return ending.reason;
    case 'refused':
    case 'configuration':
      return 'WorkerFailed';
    case 'terminated':
    case 'crashed':
      return undefined;
  }
}
