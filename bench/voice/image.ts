/** The worker as its image has it: bundled, with a Node.js binary that nothing else on this machine runs. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../hack/bundle/bundle.ts';
import { run } from '../../hack/process/run.ts';

export interface WorkerImage {
  readonly node: string;
  /** `/app` of the image. */
  readonly app: string;
  /** What the image's environment says. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Memory is counted in pages shared with other processes of the same binary: a copy of its own is shared between a worker
 * and its supervisor alone, as on a node with one worker.
 */
export async function buildWorkerImage(folder: string, signal: AbortSignal): Promise<WorkerImage> {
  const outDir = join(folder, 'content');
  await bundle({ outDir, images: ['skald'] });
  const app = join(folder, 'app');
  for (const layer of ['node', 'skald/runtime', 'skald/program']) {
    await cp(join(outDir, layer, 'app'), app, { recursive: true });
  }
  const environment = {
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: join(app, 'compile-cache'),
    ORT_DISABLE_TELEMETRY: '1',
  };
  const node = join(app, 'node');
  await run(node, [join(app, 'fill-compile-cache.js')], { environment, signal });
  return { node, app, environment };
}
