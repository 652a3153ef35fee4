import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { pino } from 'pino';
import { redactText, redactValue } from './redact.ts';

/**
 * A structured logger. `log.info({ session: 'ns/name' }, 'Sentence')`; `log.child({ component })` for a part
 * of a program. Put an error under `err`: it is written with its causes and without what libraries hang on it.
 */
export type Logger = PinoLogger;

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LoggerOptions {
  /** The program: `controller`, `gateway`, `worker`, `supervisor`. Written as `program` on every line. */
  readonly name: string;
  /** @defaultValue `SKALD_LOG_LEVEL`, else `info` */
  readonly level?: LogLevel;
  /** Fields for every line, e.g. the session a worker serves. */
  readonly base?: Record<string, string>;
  /** @defaultValue stdout, written synchronously, so that no line is lost at exit. */
  readonly destination?: DestinationStream;
}

/** JSON lines on stdout: `time` (RFC 3339), `level` (name), `program`, `msg`, and the given fields. */
export function createLogger(options: LoggerOptions): Logger {
  const logger = pino(
    {
      level: options.level ?? levelFromEnvironment(process.env.SKALD_LOG_LEVEL),
      base: { program: options.name, ...options.base },
      messageKey: 'msg',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // `formatters` see values before serializers do, so errors are described there and not by a serializer.
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        bindings: redactRecord,
        log: redactRecord,
      },
      // The last net: a secret that got into a message or a value by way of a text.
      hooks: { streamWrite: redactText },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
  // pino does not pass a child's bindings through `formatters`. Children inherit this method.
  const child = logger.child;
  logger.child = function redactedChild(this: Logger, bindings, childOptions) {
    return child.call(this, redactRecord(bindings), childOptions);
  } as typeof child;
  return logger;
}

/** A logger that writes nothing, for tests and for libraries whose caller passed none. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** `info` for anything unknown: a wrong level must not stop a program. */
export function levelFromEnvironment(value: string | undefined): LogLevel {
  return LOG_LEVELS.find((level) => level === value?.toLowerCase()) ?? 'info';
}

function redactRecord(record: Record<string, unknown>): Record<string, unknown> {
  const clean = redactValue(record);
  return typeof clean === 'object' && clean !== null ? { ...clean } : {};
}
