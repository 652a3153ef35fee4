/** The root of the repository, with a slash at its end. */
export const ROOT = new URL('../../', import.meta.url);

/** Packages with machine code: they are copied beside the bundles and found there by their names. */
export const NATIVE = ['@discordjs/opus', '@snazzah/davey', 'onnxruntime-node'];

/**
 * Packages that others load when they are there and do without when they are not. None is a dependency of ours, so
 * the bundles must leave the attempt as it is.
 */
const OPTIONAL = [
  'bufferutil', // ws
  'utf-8-validate', // ws
  'zlib-sync', // @discordjs/ws
  'pg-native', // pg
  'ffmpeg-static', // prism-media
  'opusscript', // prism-media
  'node-opus', // prism-media
  'sodium-native', // @discordjs/voice
  'sodium', // @discordjs/voice
  'libsodium-wrappers', // @discordjs/voice
  '@stablelib/xchacha20poly1305', // @discordjs/voice
];

export const EXTERNAL = [...NATIVE, ...OPTIONAL];

/** One esbuild run: files that may share chunks with each other, and with no other program. */
export interface Program {
  /** Also the name of its metafile. */
  readonly name: string;
  /** The image it goes into. */
  readonly image: 'skald' | 'speech';
  /** Output file without `.js`, and the source it begins with, relative to the root. */
  readonly entries: Readonly<Record<string, string>>;
  /**
   * Whether what is imported only when needed stays in files of its own. The worker dials first and loads voice and
   * codecs while the gateway answers; in one file their packages would be loaded before the dial.
   */
  readonly splitting: boolean;
}

export const PROGRAMS: readonly Program[] = [
  { name: 'skald', image: 'skald', entries: { skald: 'cli/skald.ts' }, splitting: true },
  { name: 'worker', image: 'skald', entries: { worker: 'worker/worker.ts' }, splitting: true },
  // A thread of the worker: started by file name, so it must lie beside it under this one.
  {
    name: 'ears-thread',
    image: 'skald',
    entries: { 'ears-thread': 'worker/turn/ears-thread.ts' },
    splitting: false,
  },
  {
    name: 'supervisor',
    image: 'skald',
    entries: { supervisor: 'worker/supervisor/supervisor.ts' },
    splitting: false,
  },
  {
    name: 'fill-compile-cache',
    image: 'skald',
    entries: { 'fill-compile-cache': 'hack/bundle/entries/fill-compile-cache.ts' },
    splitting: false,
  },
  { name: 'speech', image: 'speech', entries: { speech: 'hack/bundle/entries/speech.ts' }, splitting: false },
];
