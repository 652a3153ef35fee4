/** The runtime's side of protocol.ts, for adapters. */
import { createInterface } from 'node:readline';
import { digest } from './digest.ts';
import { environment, type FromRuntime, type SeenObject, type ToRuntime } from './protocol.ts';

export interface ObservedObject {
  metadata?: {
    namespace?: string | undefined;
    name?: string | undefined;
    uid?: string | undefined;
    resourceVersion?: string | undefined;
  };
  data?: Record<string, string> | undefined;
}

export interface Settings {
  namespace: string;
  silenceLimitMs: number | undefined;
  leaderElection: boolean;
}

export function settings(): Settings {
  const namespace = process.env[environment.namespace];
  if (!namespace) throw new Error(`${environment.namespace} is not set`);
  const silence = process.env[environment.silenceLimitMs];
  return {
    namespace,
    silenceLimitMs: silence ? Number(silence) : undefined,
    leaderElection: process.env[environment.leaderElection] === '1',
  };
}

/** Says which state of a key was reconciled; undefined: the object is gone. */
export function reconciled(key: string, object: ObservedObject | undefined): void {
  const resourceVersion = object?.metadata?.resourceVersion ?? null;
  send({ reconciled: { key, resourceVersion, digest: object ? digest(object) : null } });
}

export function ready(): void {
  send({ ready: true });
}

/** Answers the suite until it closes standard input; then the process ends. `cache`: null if there is none. */
export function serve(options: {
  cache: () => Iterable<ObservedObject> | null;
  /** @defaultValue `Date` is replaced by one that jumps */
  clockJump?: (jumpMs: number) => void;
}): void {
  const jump = options.clockJump ?? jumpingDate();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as ToRuntime;
    if ('clockJumpMs' in message) jump(message.clockJumpMs);
    else send({ dump: dumpOf(options.cache()) });
  });
  lines.on('close', () => process.exit(0));
}

function dumpOf(objects: Iterable<ObservedObject> | null): SeenObject[] | null {
  if (objects === null) return null;
  return Array.from(objects, (object) => ({
    key: `${object.metadata?.namespace}/${object.metadata?.name}`,
    resourceVersion: object.metadata?.resourceVersion ?? '',
    digest: digest(object),
  }));
}

function send(message: FromRuntime): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** A `Date` whose present can be moved, for runtimes that take no clock. Timers do not follow the wall clock anyway. */
function jumpingDate(): (jumpMs: number) => void {
  const real = globalThis.Date;
  let offsetMs = 0;
  globalThis.Date = new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [real.now() + offsetMs] : args, newTarget),
    get: (target, name, receiver) =>
      name === 'now' ? () => real.now() + offsetMs : Reflect.get(target, name, receiver),
  });
  return (jumpMs) => {
    offsetMs += jumpMs;
  };
}
