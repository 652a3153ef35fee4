import { describe, expect, it } from 'vitest';
import { bundledPackages, packageFolderOf, packageOf } from './packages.ts';

describe('packageOf', () => {
  it.each([
    ['node_modules/ws/lib/websocket.js', 'ws'],
    ['../node_modules/@grpc/grpc-js/build/index.js', '@grpc/grpc-js'],
    ['node_modules/a/node_modules/@b/c/index.js', '@b/c'],
    ['worker/main.ts', undefined],
    ['src/node_modules.ts', undefined],
  ])('finds the package of %s', (file, name) => {
    expect(packageOf(file)).toBe(name);
  });

  it('finds the folder of a nested copy, not of its owner', () => {
    expect(packageFolderOf('node_modules/a/node_modules/@b/c/lib/x.js')).toBe(
      'node_modules/a/node_modules/@b/c',
    );
  });
});

describe('bundledPackages', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const output = (inputs: object, imports: { path: string; external?: boolean }[] = []) => ({
    bytes: 1,
    exports: [],
    inputs: Object.fromEntries(Object.entries(inputs)),
    imports: imports.map((imported) => ({ kind: 'dynamic-import' as const, ...imported })),
  });
  const metafile = {
    inputs: {},
    outputs: {
      'out/main.js': output({ 'node_modules/a/x.js': input(9), 'node_modules/empty/x.js': input(0) }, [
        { path: 'out/chunk.js' },
        { path: 'native', external: true },
      ]),
      'out/chunk.js': output({ 'node_modules/b/x.js': input(5) }, [{ path: 'out/main.js' }]),
      'out/other.js': output({ 'node_modules/c/x.js': input(5) }),
    },
  };

  it('looks into chunks, also those imported later, and leaves out what left no code', () => {
    expect(bundledPackages(metafile, 'main.js')).toEqual(new Set(['a', 'b']));
  });

  it('says which outputs there are when the one asked for is none', () => {
    expect(() => bundledPackages(metafile, 'worker.js')).toThrow(/out\/other\.js/);
  });
});
