// One thing that was looked at.

/** `skipped`: it was not looked at, and the sentence says why. Nothing is guessed. */
export type Status = 'ok' | 'warn' | 'fail' | 'skipped';

export interface Check {
  /** For programs: `crds`, `discord.commands`. The same thing looked at in two places has it twice. */
  readonly id: string;
  readonly status: Status;
  /** What was found, in a sentence. */
  readonly text: string;
  /** What to do about it: a sentence or a command. */
  readonly fix?: string;
}

export function ok(id: string, text: string): Check {
  return { id, status: 'ok', text };
}

export function warn(id: string, text: string, fix?: string): Check {
  return { id, status: 'warn', text, ...(fix === undefined ? {} : { fix }) };
}

export function fail(id: string, text: string, fix: string): Check {
  return { id, status: 'fail', text, fix };
}

export function skipped(id: string, text: string, fix?: string): Check {
  return { id, status: 'skipped', text, ...(fix === undefined ? {} : { fix }) };
}
