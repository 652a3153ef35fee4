import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../bundle/bundle.ts';
import { findProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { ensureDebianPackages } from '../tools/index.ts';
import { BASES, type BaseName, baseRef, makeRoot } from './bases.ts';
import type { BuiltImage, ImageEngine, Progress } from './engine.ts';
import type { ImageName } from './inputs.ts';

/** The bases that each target needs. */
const NEEDED: Readonly<Record<ImageName, readonly BaseName[]>> = {
  skald: ['BASE'],
  'skald-speech': ['SPEECH_BASE', 'COMPILER'],
};

/**
 * Builds with buildah where there is neither a Docker engine nor a registry: the same Dockerfile, with bases made of
 * Debian packages and content bundled here. Needs root. All it stores is in a folder of its own.
 */
export class BuildahEngine implements ImageEngine {
  readonly name = 'buildah';
  private readonly root: string;
  private readonly folder: string;
  private readonly onProgress: Progress;
  private driver: Promise<string> | undefined;

  /** @param folder for its store; outside the tree. */
  constructor(root: string, folder: string, onProgress: Progress) {
    this.root = root;
    this.folder = folder;
    this.onProgress = onProgress;
  }

  /**
   * Installs what it needs and this machine lacks.
   * @throws an Error that says why images cannot be built here.
   */
  static async prepare(onProgress: Progress, signal?: AbortSignal): Promise<void> {
    const needs = 'Images cannot be built here: no Docker engine answers, and building without one';
    if (process.getuid?.() !== 0) throw new Error(`${needs} needs root.`);
    if (['buildah', 'mmdebstrap'].every((program) => findProgram(program))) return;
    // The keyring is what a Debian release is checked with where the machine itself is another's.
    const packages = ['buildah', 'mmdebstrap', 'debian-archive-keyring'];
    await ensureDebianPackages(packages, 'build images without a Docker engine', onProgress, signal);
  }

  async build(target: ImageName, ref: string, signal?: AbortSignal): Promise<BuiltImage> {
    for (const name of NEEDED[target]) await this.ensureBase(name, signal);
    this.onProgress(`bundling ${target}`);
    const images = [target === 'skald' ? 'skald' : 'speech'] as const;
    await bundle({ outDir: join(this.root, 'dist', 'image'), images });
    this.onProgress(`building ${ref}`);
    const bases = NEEDED[target].flatMap((name) => ['--build-arg', `${name}=${baseRef(name)}`]);
    await this.buildah(
      [
        'build',
        '--layers',
        '--force-rm',
        // Files get this time instead of now: the same inputs give the same image.
        '--timestamp=0',
        '--build-arg=CONTENT=host-content',
        ...bases,
        `--target=${target}`,
        `--tag=${ref}`,
        this.root,
      ],
      signal,
    );
    const digest = await this.buildah(['inspect', '--type=image', '--format={{.FromImageID}}', ref], signal);
    return { digest: `sha256:${digest.trim()}` };
  }

  async save(ref: string, archive: string, signal?: AbortSignal): Promise<void> {
    await rm(archive, { force: true });
    await this.buildah(['push', '--quiet', ref, `docker-archive:${archive}:${ref}`], signal);
  }

  async prune(repository: string, keep: readonly string[]): Promise<void> {
    const listed = await this.buildah(['images', '--format={{.Name}}:{{.Tag}}']);
    const old = listed.split('\n').filter((ref) => ref.startsWith(`${repository}:`) && !keep.includes(ref));
    if (old.length > 0) await this.buildah(['rmi', ...old]);
    // Layers that only those had.
    await this.buildah(['rmi', '--prune']);
  }

  private async ensureBase(name: BaseName, signal?: AbortSignal): Promise<void> {
    const ref = baseRef(name);
    if (await this.has(ref)) return;
    this.onProgress(
      `making the base ${ref} of ${BASES[name].packages.length} Debian packages and what they need`,
    );
    const work = join(this.folder, `base-${process.pid}`);
    try {
      await mkdir(work, { recursive: true });
      await makeRoot(name, join(work, 'root'), signal);
      await writeFile(join(work, 'Dockerfile'), 'FROM scratch\nCOPY root /\n');
      await this.buildah(['build', '--timestamp=0', `--tag=${ref}`, work], signal);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  private async has(ref: string): Promise<boolean> {
    return this.buildah(['inspect', '--type=image', '--format={{.FromImageID}}', ref]).then(
      () => true,
      () => false,
    );
  }

  private async buildah(args: readonly string[], signal?: AbortSignal): Promise<string> {
    this.driver ??= this.chooseDriver();
    return run('buildah', [...this.storage(await this.driver), ...args], {
      environment: { ...process.env, BUILDAH_ISOLATION: 'chroot' },
      signal,
      stopSignal: 'SIGTERM',
    });
  }

  /** Overlay shares layers; vfs copies them, and works where overlay cannot be mounted. */
  private async chooseDriver(): Promise<string> {
    const failures: string[] = [];
    for (const driver of ['overlay', 'vfs']) {
      try {
        const container = (await run('buildah', [...this.storage(driver), 'from', 'scratch'])).trim();
        await run('buildah', [...this.storage(driver), 'mount', container]);
        await run('buildah', [...this.storage(driver), 'rm', container]);
        return driver;
      } catch (error) {
        failures.push(String(error));
      }
    }
    throw new Error(`buildah can store images here neither by overlay nor by vfs:\n${failures.join('\n')}`);
  }

  private storage(driver: string): string[] {
    const folder = join(this.folder, driver);
    return [
      `--storage-driver=${driver}`,
      `--root=${join(folder, 'root')}`,
      `--runroot=${join(folder, 'run')}`,
    ];
  }
}
