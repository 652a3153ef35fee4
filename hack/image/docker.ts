import { run, works } from '../process/run.ts';
import type { BuiltImage, ImageEngine, Progress } from './engine.ts';
import type { ImageName } from './inputs.ts';

/** Builds with the Docker engine; bases and packages come from their usual registries. */
export class DockerEngine implements ImageEngine {
  readonly name = 'docker';
  private readonly root: string;
  private readonly onProgress: Progress;

  constructor(root: string, onProgress: Progress) {
    this.root = root;
    this.onProgress = onProgress;
  }

  /** Whether an engine answers, not only whether its client is installed. */
  static available(): Promise<boolean> {
    return works('docker', ['version', '--format', '{{.Server.Version}}']);
  }

  async build(target: ImageName, ref: string, signal?: AbortSignal): Promise<BuiltImage> {
    await run('docker', ['build', '--progress=plain', '--target', target, '--tag', ref, '.'], {
      cwd: this.root,
      environment: { ...process.env, DOCKER_BUILDKIT: '1' },
      onLine: this.onProgress,
      signal,
      stopSignal: 'SIGTERM',
    });
    const digest = (await run('docker', ['image', 'inspect', '--format', '{{.Id}}', ref])).trim();
    return { digest };
  }

  async save(ref: string, archive: string, signal?: AbortSignal): Promise<void> {
    await run('docker', ['save', '--output', archive, ref], { signal, stopSignal: 'SIGTERM' });
  }

  async prune(repository: string, keep: readonly string[]): Promise<void> {
    const listed = await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', repository]);
    const old = listed.split('\n').filter((ref) => ref !== '' && !keep.includes(ref));
    if (old.length > 0) await run('docker', ['image', 'rm', ...old]);
  }
}
