// `skald validate`: manifests checked without a cluster, for the pipelines of GitOps repositories.
import { text } from 'node:stream/consumers';
import { readSources } from './files.ts';
import { printed } from './print.ts';
import { report } from './report.ts';

export interface ValidateOptions {
  /** Files, folders, or `-`. */
  readonly files: readonly string[];
  readonly recursive: boolean;
  readonly json: boolean;
  readonly strict: boolean;
}

/** What the outside is; tests bring their own. */
export interface Terminal {
  readonly stdin: () => Promise<string>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly colour: boolean;
}

/** Exit codes. */
export const VALID = 0;
export const INVALID = 1;
export const UNUSABLE = 2;

export async function validateMain(
  options: ValidateOptions,
  terminal: Terminal = realTerminal(),
): Promise<number> {
  const { files, unreadable } = await readSources(options.files, {
    recursive: options.recursive,
    stdin: terminal.stdin,
  });
  const result = await report(files, options);
  for (const { name, why } of unreadable) terminal.stderr(`skald: cannot read ${name}: ${why}\n`);
  terminal.stdout(options.json ? `${JSON.stringify(result)}\n` : printed(result, terminal.colour));
  if (unreadable.length > 0) return UNUSABLE;
  return result.problems.length > 0 ? INVALID : VALID;
}

function realTerminal(): Terminal {
  return {
    stdin: () => text(process.stdin),
    stdout: (said) => process.stdout.write(said),
    stderr: (said) => process.stderr.write(said),
    colour: process.stdout.isTTY && (process.env.NO_COLOR ?? '') === '',
  };
}
