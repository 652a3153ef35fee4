/** What an NPC can do besides speaking. */

export interface NpcTool {
  readonly name: string;
  /** For the model: when to use it, and what comes back. */
  readonly description: string;
  /** JSON Schema of an object: what the model has to give. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * @param input what the model gave: anything at all
   * @returns what the model is told
   * @throws Error in words that the model may be told
   */
  run(input: unknown, signal: AbortSignal): Promise<string>;
}

/** A text among what the model gave; undefined: there is none, or something else. */
export function inputText(input: unknown, field: string): string | undefined {
  const fields = new Map<string, unknown>(
    Object.entries(typeof input === 'object' && input !== null ? input : {}),
  );
  const value = fields.get(field);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Longest that the table waits for a tool, milliseconds. */
export const TOOL_LIMIT_MS = 5_000;

/**
 * The tool with an end to everybody's patience: the model is told that it took too long, and the tool's signal aborts.
 * @param told is called once for each use, when it is over
 */
export function limited(
  tool: NpcTool,
  told: (use: { readonly tool: string; readonly ms: number; readonly error: string | undefined }) => void,
  limitMs: number = TOOL_LIMIT_MS,
): NpcTool {
  return {
    ...tool,
    run: async (input, signal) => {
      const begun = performance.now();
      const limit = AbortSignal.timeout(limitMs);
      let error: string | undefined;
      try {
        return await orAborted(
          tool.run(input, AbortSignal.any([signal, limit])),
          AbortSignal.any([signal, limit]),
        );
      } catch (cause) {
        signal.throwIfAborted();
        error = limit.aborted
          ? `${tool.name} took longer than ${limitMs} ms`
          : cause instanceof Error
            ? cause.message
            : 'it failed';
        throw new Error(error);
      } finally {
        told({ tool: tool.name, ms: Math.round(performance.now() - begun), error });
      }
    },
  };
}

/** A tool that ignores its signal is not waited for either. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
