import type { BuildOptions } from 'esbuild';
import { EXTERNAL } from './programs.ts';

/** How the programs in the images are compiled; the benches compile what stands for them in the same way. */
export const compilation = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: EXTERNAL,
  legalComments: 'none', // the notices file has them
  // Lines and names stay as they are: stack traces must lead somewhere.
  minifySyntax: true,
  logLevel: 'warning',
  // CommonJS packages call require and look for their folder; ESM has neither. `var`, because a package that brings
  // its own (@discordjs/ws) may then declare it again.
  banner: {
    js: [
      `import { createRequire as createRequireOfBundle } from 'node:module';`,
      'const require = createRequireOfBundle(import.meta.url);',
      'var __filename = import.meta.filename, __dirname = import.meta.dirname;',
    ].join('\n'),
  },
} as const satisfies BuildOptions;
