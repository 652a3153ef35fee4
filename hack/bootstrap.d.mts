// Types of what the tests of bootstrap.mjs use.
export function stampOf(lockfile: string, platform?: string, arch?: string): string;
export function matches(lockfile: string, installed: string): boolean;
export function outerPath(path: string): string;
export function missingCompiler(path: string): string[];
