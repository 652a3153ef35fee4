// What the bench asks of every contender: its command line, one line on standard output, and an end at SIGTERM.
import { parseArgs } from 'node:util';

export interface Arguments {
  /** Path of a kubeconfig. */
  readonly kubeconfig: string;
  /** The only namespace that is watched and written to. */
  readonly namespace: string;
  /** Objects worked on at once, where the runtime can do that. */
  readonly workers: number;
  /** Everything else that was given, by name. */
  readonly extra: Readonly<Record<string, string>>;
}

/**
 * `--kubeconfig F --namespace NS --workers N`, and the options in `extra`.
 * @throws when a required one is missing or makes no sense.
 */
export function contenderArguments(extra: readonly string[] = []): Arguments {
  const names = ['kubeconfig', 'namespace', 'workers', ...extra];
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  });
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (typeof value === 'string') given[name] = value;
  const { kubeconfig, namespace, workers: text, ...rest } = given;
  const workers = Number(text);
  if (!kubeconfig || !namespace || !Number.isInteger(workers) || workers < 1) {
    throw new Error('Usage: --kubeconfig FILE --namespace NAMESPACE --workers NUMBER');
  }
  return { kubeconfig, namespace, workers, extra: rest };
}

/** The watches stand: work that comes from now on is seen at once. */
export function announceReady(): void {
  process.stdout.write(`${JSON.stringify({ event: 'ready' })}\n`);
}

/** Aborted by SIGTERM and SIGINT. */
export function untilTerminated(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
