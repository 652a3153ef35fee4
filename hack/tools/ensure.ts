import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../cache.ts';
import { requireProgram } from '../process/find-program.ts';
import { withLock } from '../process/lock.ts';
import { run } from '../process/run.ts';
import { buildArguments, cacheKey, type Recipe, recipes, type ToolName } from './recipes.ts';

const modules = fileURLToPath(new URL('.', import.meta.url));
/** Milliseconds between two lines about the same build. */
const progressEveryMs = 5_000;

/**
 * The absolute paths of the named programs, built from their Go modules where the cache lacks them: about seven
 * minutes for all of them on two cores the first time, then milliseconds. One process builds at a time; a build
 * that is killed leaves no half program behind.
 * @throws when Go is missing or a build fails, with the end of what the compiler said.
 */
export async function ensureTools<Name extends ToolName>(
  names: readonly Name[],
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<Record<Name, string>> {
  const go = requireProgram('go', 'Go 1.25 or newer builds the local cluster: see https://go.dev/dl.');
  const plans = await plan(names, go);
  const missing = await absent(plans);
  if (missing.length > 0) {
    onProgress(`Building ${missing.map((p) => p.name).join(', ')} (once; minutes when nothing is cached)`);
    await withLock(
      join(cacheDir(), 'tools', 'lock'),
      async () => {
        // Whoever held the lock before us may have built some of them.
        for (const tool of await absent(missing)) await build(go, tool, onProgress, signal);
      },
      { signal, onWait: (pid) => onProgress(`Waiting for process ${pid}, which is building tools`) },
    );
  }
  const paths: Partial<Record<Name, string>> = {};
  for (const tool of plans) paths[tool.name] = tool.path;
  return complete(paths, names);
}

interface Plan<Name extends ToolName = ToolName> {
  name: Name;
  recipe: Recipe;
  path: string;
}

async function plan<Name extends ToolName>(names: readonly Name[], go: string): Promise<Plan<Name>[]> {
  const goVersion = await run(go, ['version'], { cwd: join(modules, 'kubernetes') });
  return Promise.all(
    names.map(async (name) => {
      const recipe: Recipe = recipes[name];
      const folder = join(modules, recipe.module);
      const key = cacheKey({ recipe, files: await sources(folder), goVersion });
      return { name, recipe, path: join(cacheDir(), 'tools', name, key, name) };
    }),
  );
}

async function sources(folder: string): Promise<Record<string, string>> {
  const files = (await readdir(folder)).filter((file) => /\.(go|mod|sum)$/.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return Object.fromEntries(files.map((file, index) => [file, texts[index] ?? '']));
}

async function absent<P extends Plan>(plans: readonly P[]): Promise<P[]> {
  const present = await Promise.all(
    plans.map(({ path }) =>
      access(path, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return plans.filter((_, index) => !present[index]);
}

async function build(
  go: string,
  tool: Plan,
  onProgress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const begin = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - begin) / 1000)} s`;
  const temporary = `${tool.path}.${process.pid}.tmp`;
  // The lock is ours: what lies here is the rest of a build that was killed.
  await rm(dirname(tool.path), { recursive: true, force: true });
  await mkdir(dirname(tool.path), { recursive: true });
  const ticker = setInterval(() => onProgress(`Building ${tool.name}: ${seconds()}`), progressEveryMs);
  try {
    await run(go, buildArguments(tool.recipe, temporary), {
      cwd: join(modules, tool.recipe.module),
      environment: { ...process.env, GOWORK: 'off', ...tool.recipe.environment },
      signal,
    });
    await rename(temporary, tool.path);
    onProgress(`Built ${tool.name} in ${seconds()}`);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `Could not build ${tool.name} from ${join('hack/tools', tool.recipe.module)}: ${reason}`,
      {
        cause,
      },
    );
  } finally {
    clearInterval(ticker);
    await rm(temporary, { force: true });
  }
}

function complete<Name extends string>(
  paths: Partial<Record<Name, string>>,
  names: readonly Name[],
): Record<Name, string> {
  for (const name of names) if (paths[name] === undefined) throw new Error(`No plan for ${name}`);
  return paths as Record<Name, string>;
}
