/** What each step that a packet passes costs in the worker's own code, one frame at a time. */
import { join } from 'node:path';
import { requireProgram } from '../../hack/process/find-program.ts';
import { run } from '../../hack/process/run.ts';

/** Microseconds per frame of 20 ms; the voice-activity model takes frames of 32 ms. */
export interface FrameCosts {
  readonly opusEncodeUs: number;
  readonly opusDecodeUs: number;
  readonly vadUs: number;
  readonly transportSealUs: number;
  readonly transportOpenUs: number;
  readonly daveEncryptUs: number;
  readonly daveDecryptUs: number;
}

export async function measureFrameCosts(cores: readonly number[], signal: AbortSignal): Promise<FrameCosts> {
  const program = join(import.meta.dirname, 'frame-costs-program.ts');
  const taskset = requireProgram('taskset', 'It is part of util-linux.');
  const text = await run(taskset, ['--cpu-list', cores.join(','), process.execPath, program], { signal });
  return JSON.parse(text);
}
