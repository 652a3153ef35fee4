import { contenders } from '../peers/index.ts';
import { UsageError } from '../usage-error.ts';
import type { Contender } from './measure.ts';

/**
 * Those of these names, or all: installed or built, which takes minutes the first time. The stub server understands
 * JSON only.
 */
export async function prepareContenders(
  names: readonly string[] | undefined,
  setting: 'server' | 'stub',
  onProgress: (message: string) => void,
  signal: AbortSignal,
): Promise<Contender[]> {
  const known = Object.keys(contenders);
  const unknown = names?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new UsageError(`There is no contender ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  }
  const prepared: Contender[] = [];
  for (const [name, { prepare, needsObjects, jsonOnly = [] }] of Object.entries(contenders)) {
    if (names && !names.includes(name)) continue;
    signal.throwIfAborted();
    const command = await prepare(onProgress, signal);
    const launch = setting === 'stub' ? { ...command, args: [...command.args, ...jsonOnly] } : command;
    prepared.push({ name, launch, needsObjects: needsObjects ?? false });
  }
  return prepared;
}
