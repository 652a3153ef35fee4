import { describe, expect, test } from 'vitest';
import { buildArguments, cacheKey, type KeyInputs, recipes, toolNames } from './recipes.ts';

const inputs: KeyInputs = {
  recipe: recipes.kubectl,
  files: { 'go.mod': 'module x', 'go.sum': 'sum' },
  goVersion: 'go version go1.26.0 linux/amd64',
};

describe('the cache key of a tool', () => {
  test('stays while its inputs stay', () => {
    expect(cacheKey({ ...inputs, files: { 'go.sum': 'sum', 'go.mod': 'module x' } })).toBe(cacheKey(inputs));
  });

  test.each<[string, KeyInputs]>([
    ['the program', { ...inputs, recipe: recipes.kubelet }],
    ['the flags', { ...inputs, recipe: { ...recipes.kubectl, ldflags: '' } }],
    ['the environment', { ...inputs, recipe: { ...recipes.kubectl, environment: { CGO_ENABLED: '0' } } }],
    ['a build tag', { ...inputs, recipe: { ...recipes.kubectl, tags: ['minimal'] } }],
    ['a pinned version', { ...inputs, files: { ...inputs.files, 'go.mod': 'module y' } }],
    ['a checksum', { ...inputs, files: { ...inputs.files, 'go.sum': 'other' } }],
    ['a source file', { ...inputs, files: { ...inputs.files, 'main.go': 'package main' } }],
    ['the compiler or the platform', { ...inputs, goVersion: 'go version go1.26.0 linux/arm64' }],
  ])('changes with %s', (_, changed) => {
    expect(cacheKey(changed)).not.toBe(cacheKey(inputs));
  });
});

test('Kubernetes programs carry the version that kubectl and helm compare', () => {
  const build = buildArguments(recipes['kube-apiserver'], '/out');
  expect(build.join(' ')).toMatch(/gitVersion=v1\.\d+\.\d+/);
  expect(build).toContain('-trimpath');
});

test('the programs that are alone in their image are static', () => {
  expect(recipes.coredns.environment).toEqual({ CGO_ENABLED: '0' });
  expect(recipes.pause.environment).toEqual({ CGO_ENABLED: '0' });
});

test('build tags reach the compiler', () => {
  expect(buildArguments(recipes.vault, '/out').join(' ')).toContain(' -tags minimal ');
  expect(buildArguments(recipes.kubectl, '/out')).not.toContain('-tags');
});

test('npm test waits for no program of a bench that it does not run', () => {
  expect(toolNames).toContain('bench-controller-runtime');
  expect(toolNames).not.toContain('livekit-server');
});
