import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that was run ended badly; the message has the end of what it wrote. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export interface CommandOptions {
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Called with each line that the program writes, on either stream. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and gives what it wrote to its standard output.
 *
 * @throws {CommandError} when it cannot be started or ends with another status than 0.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { signal, env, cwd, onLine } = options;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env ? { env: { ...process.env, ...env } } : {}),
    ...(cwd ? { cwd } : {}),
    ...(signal ? { signal } : {}),
  });
  let output = '';
  let all = '';
  const watch = (stream: NodeJS.ReadableStream, keep: (text: string) => void) => {
    stream.setEncoding('utf8').on('data', (text: string) => {
      keep(text);
      all = (all + text).slice(-4000);
      if (onLine) for (const line of text.split('\n')) if (line.trim() !== '') onLine(line);
    });
  };
  watch(child.stdout, (text) => {
    output += text;
  });
  watch(child.stderr, () => {});
  try {
    await once(child, 'close');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${program} could not be run: ${why}`, { cause });
  }
  if (child.exitCode !== 0) {
    const how = child.signalCode ?? `status ${child.exitCode}`;
    throw new CommandError(`${program} ${args.join(' ')} ended with ${how}:\n${all.trim()}`);
  }
  return output;
}

/** Whether the program can be run with these arguments and is content with them. */
export async function works(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
