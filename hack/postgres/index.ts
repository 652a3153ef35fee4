import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { freePorts } from '../process/free-port.ts';
import { GuardedProcess } from '../process/guarded.ts';
import { run } from '../process/run.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { hostBasedAuthentication } from './authentication.ts';
import { postgresBinaries } from './binaries.ts';
import { unprivilegedUser } from './user.ts';

export interface PostgresOptions {
  /** The address to listen on; pods need the bridge address of the local cluster. @defaultValue 127.0.0.1 */
  host?: string;
  /** @defaultValue a free port */
  port?: number;
  /** Networks (CIDR) that may connect besides `host` itself, e.g. 10.244.0.0/24 for the local cluster's pods. */
  allow?: readonly string[];
  /** The folder in which the data folder is made; removed data is all that `stop` leaves there. @defaultValue the system's temporary folder */
  dir?: string;
  signal?: AbortSignal;
}

export interface Postgres {
  /** DSN of the superuser `postgres` in the database `skald`; holds a random password. */
  url: string;
  /** DSN of the owner of the database, who may make roles and is no superuser: what an installation is given. */
  administratorUrl: string;
  port: number;
  pid: number;
  /** Ends the server and removes its data. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL 18 with an empty database `skald`, ready in about two seconds. SCRAM passwords only. It ends
 * when `stop` is called and when this process dies, however it dies. Nothing is flushed to the disk (`fsync=off`).
 * As root it runs as the existing user `nobody`, because PostgreSQL refuses root.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const host = options.host ?? '127.0.0.1';
  const user = await unprivilegedUser();
  const folder = await mkdtemp(join(resolve(options.dir ?? tmpdir()), 'skald-postgres-'));
  let server: GuardedProcess | undefined;
  const stop = async (): Promise<void> => {
    await server?.stop('SIGINT');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (user) await chown(folder, user.uid, user.gid);
    const binaries = await postgresBinaries(user, async (native) => {
      await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
      await chmod(folder, 0o755);
      return join(folder, 'native');
    });
    const data = join(folder, 'data');
    const password = randomBytes(24).toString('hex');
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user) await chown(passwordFile, user.uid, user.gid);
    const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
    const settings = { cwd: folder, environment, ...(user ? { user } : {}) };
    await run(
      binaries.initdb,
      [
        `--pgdata=${data}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--locale=C.UTF-8',
        '--no-sync',
        '--no-instructions',
      ],
      { ...settings, signal: options.signal },
    );
    await writeFile(join(data, 'pg_hba.conf'), hostBasedAuthentication(host, options.allow ?? []));
    await rm(passwordFile);

    const port = options.port ?? (await freePorts(1, host))[0] ?? 0;
    server = await GuardedProcess.start('postgres', {
      ...settings,
      program: binaries.postgres,
      arguments: ['-D', data, ...serverSettings(host, port).flatMap((setting) => ['-c', setting])],
      logFile: join(folder, 'postgres.log'),
      folder,
      // An immediate shutdown: frees the shared memory, which SIGKILL would leave behind.
      deathSignal: 'QUIT',
    });
    const url = (database: string): string => `postgresql://postgres:${password}@${host}:${port}/${database}`;
    const administrator = { name: 'skald', password: randomBytes(24).toString('hex') };
    await createDatabase(url('postgres'), administrator, server, options.signal);
    const administratorUrl = `postgresql://${administrator.name}:${administrator.password}@${host}:${port}/skald`;
    return { url: url('skald'), administratorUrl, port, pid: server.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serverSettings(host: string, port: number): string[] {
  return [
    `listen_addresses=${host}`,
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=500',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'password_encryption=scram-sha-256',
  ];
}

async function createDatabase(
  url: string,
  administrator: { name: string; password: string },
  server: GuardedProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const client = await waitUntil(
    async () => {
      const candidate = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
      try {
        await candidate.connect();
        return candidate;
      } catch (error) {
        await candidate.end().catch(() => {});
        throw error;
      }
    },
    {
      what: 'PostgreSQL to accept connections',
      deadlineMs: 30_000,
      signal,
      check: () => server.check(),
      detail: () => tail(server.logFile),
    },
  );
  try {
    // As docs/operations.md asks for it.
    const { name, password } = administrator;
    await client.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE skald OWNER ${name}`);
    await client.query('REVOKE CONNECT, TEMPORARY ON DATABASE skald FROM PUBLIC');
  } finally {
    await client.end();
  }
}
