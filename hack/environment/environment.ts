import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cluster, up } from '../cluster/index.ts';
import { buildImages, type Images } from '../image/build.ts';
import { explainFailure } from './explain-failure.ts';
import { install } from './install.ts';
import { Kubectl } from './kubectl.ts';
import { RUN_VARIABLE } from './orphans.ts';
import type { Progress } from './progress.ts';
import { startService } from './service.ts';
import { type EnvironmentState, environmentDir, writeState } from './state.ts';
import { clearFormerRun, tearDown, thisProcess } from './teardown.ts';
import { requireWithoutSkald } from './uninstall.ts';

export interface EnvironmentOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Use this context of the current kubeconfig instead of a cluster of our own. */
  readonly context?: string | undefined;
  /** Start the Discord simulator and point the product at it. @defaultValue true */
  readonly simulator?: boolean | undefined;
  /** Start a Vault, and have bot tokens encrypted with it. @defaultValue false */
  readonly vault?: boolean | undefined;
  /** Leave a failed environment as it is, to be looked at. @defaultValue false */
  readonly keepOnFailure?: boolean | undefined;
}

/** What is needed to talk to a running environment; plain data. */
export interface EnvironmentInfo {
  readonly kubeconfig: string;
  readonly context: string;
  /** The address at which pods reach this machine. */
  readonly hostAddress: string;
  readonly images: { readonly skald: string; readonly speech: string };
  /** PostgreSQL, as seen from pods and from here: its superuser. */
  readonly databaseUrl: string;
  /** The role that the installation is given: no superuser. */
  readonly databaseAdministratorUrl: string;
  /** OpenAI-compatible base URL of the chat double. */
  readonly chatUrl: string;
  readonly vault?: { readonly address: string; readonly caFile: string; readonly authMount: string };
  readonly simulator?: { readonly controlUrl: string; readonly apiUrl: string; readonly caFile: string };
}

export interface Environment {
  readonly info: EnvironmentInfo;
  readonly kubectl: Kubectl;
  /** Ends everything that was started; returns what is left nevertheless. */
  stop(): Promise<string[]>;
  /** Leaves everything running beyond this process. */
  keep(): Promise<void>;
}

/**
 * Brings up a cluster, PostgreSQL, the simulator and the provider double, and installs the product with its chart.
 * Whatever happens to this process, a guard beside it removes what was started.
 */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const { progress, signal } = options;
  await clearFormerRun(progress.note);
  const session = await Session.begin(options.context === undefined);
  try {
    const info = await bringUp(options, session);
    const kubectl = await Kubectl.open({ ...info, signal });
    if (options.context !== undefined) {
      await requireWithoutSkald(kubectl);
      await session.record({ release: { kubeconfig: info.kubeconfig, context: info.context } });
    }
    await progress.step('install', 'Installing Skald with its Helm chart', async () => {
      try {
        await install(kubectl, info);
      } catch (error) {
        await explainFailure(kubectl, progress.note);
        throw error;
      }
    });
    return {
      info,
      kubectl,
      stop: () => session.end(progress.note),
      keep: () => session.keep(),
    };
  } catch (error) {
    if (options.keepOnFailure) {
      await session.keep();
      throw error;
    }
    const left = await session.end(progress.note);
    for (const line of left) progress.note(`left behind: ${line}`);
    throw error;
  }
}

async function bringUp(options: EnvironmentOptions, session: Session): Promise<EnvironmentInfo> {
  const { progress, signal } = options;
  // Both take minutes the first time and nothing afterwards; neither needs the other.
  const building = buildImages({ onProgress: progress.note, signal });
  building.catch(() => {});
  const cluster: Cluster = await progress.step('cluster', 'Bringing up a Kubernetes cluster', () =>
    up({ onProgress: progress.note, signal, context: options.context }),
  );
  const images: Images = await progress.step('images', 'Building the images', async () => {
    const built = await building;
    await cluster.loadImages([built.skald.archive, built.speech.archive]);
    return built;
  });
  const host = cluster.hostAddress;
  return await progress.step(
    'services',
    'Starting PostgreSQL, the simulator and the language model double',
    async () => {
      const [postgres, chat, simulator, vault] = await Promise.all([
        session.start(
          'postgres',
          'hack/postgres/main.ts',
          ['--host', host, '--allow', cluster.podCidr],
          signal,
        ),
        session.start('providers', 'test/providers/main.ts', ['--host', host], signal),
        options.simulator === false
          ? undefined
          : session.start('discord', 'test/discord/main.ts', ['--host', host, '--public-host', host], signal),
        options.vault === true ? startVault(session, cluster, signal) : undefined,
      ]);
      return {
        kubeconfig: cluster.kubeconfig,
        context: cluster.context,
        hostAddress: host,
        images: { skald: images.skald.ref, speech: images.speech.ref },
        databaseUrl: text(postgres, 'url'),
        databaseAdministratorUrl: text(postgres, 'administratorUrl'),
        chatUrl: `${text(chat, 'url')}/v1`,
        ...(vault
          ? {
              vault: {
                address: text(vault, 'address'),
                caFile: text(vault, 'caFile'),
                authMount: text(vault, 'authMount'),
              },
            }
          : {}),
        ...(simulator
          ? {
              simulator: {
                controlUrl: text(simulator, 'controlUrl'),
                apiUrl: text(simulator, 'apiUrl'),
                caFile: text(simulator, 'caFile'),
              },
            }
          : {}),
      };
    },
  );
}

/** It knows the cluster's service accounts by the keys that the API server signs their tokens with. */
async function startVault(
  session: Session,
  cluster: Cluster,
  signal: AbortSignal | undefined,
): Promise<Record<string, unknown>> {
  const kubectl = await Kubectl.open({ kubeconfig: cluster.kubeconfig, context: cluster.context, signal });
  const file = join(environmentDir(), 'jwks.json');
  await writeFile(file, await kubectl.run(['get', '--raw', '/openid/v1/jwks']));
  const from = ['--host', cluster.hostAddress, '--jwks-file', file];
  return session.start('vault', 'hack/vault/main.ts', from, signal);
}

/** The recorded life of one run, and the guard that outlives it. */
class Session {
  #state: EnvironmentState;
  /** Writes follow one another: the last state that is made is the one that stays. */
  #written: Promise<void> = Promise.resolve();
  readonly #guard: ReturnType<typeof spawn>;

  private constructor(state: EnvironmentState, guard: ReturnType<typeof spawn>) {
    this.#state = state;
    this.#guard = guard;
  }

  static async begin(ownCluster: boolean): Promise<Session> {
    const run = randomUUID();
    process.env[RUN_VARIABLE] = run;
    const state: EnvironmentState = {
      run,
      owner: thisProcess(),
      cluster: ownCluster,
      services: [],
      kept: false,
    };
    await writeState(state);
    await mkdir(environmentDir(), { recursive: true });
    const log = openSync(join(environmentDir(), 'guard.log'), 'w', 0o600);
    const guard = spawn(process.execPath, [fileURLToPath(new URL('./guard.ts', import.meta.url))], {
      detached: true,
      stdio: ['pipe', log, log],
    });
    await once(guard, 'spawn');
    guard.unref();
    return new Session(state, guard);
  }

  start(
    name: string,
    script: string,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> {
    return startService(name, {
      script,
      arguments: args,
      signal,
      onStarted: (record) => this.record({ services: [...this.#state.services, record] }),
    });
  }

  /** What is about to be made, before it is made. */
  record(change: Partial<EnvironmentState>): Promise<void> {
    const state = { ...this.#state, ...change };
    this.#state = state;
    this.#written = this.#written.then(() => writeState(state));
    return this.#written;
  }

  async end(note: (message: string) => void): Promise<string[]> {
    const left = await tearDown(note);
    this.#dismissGuard();
    return left;
  }

  async keep(): Promise<void> {
    await this.record({ kept: true });
    this.#dismissGuard();
  }

  #dismissGuard(): void {
    this.#guard.stdin?.end('done');
  }
}

function text(ready: Record<string, unknown>, key: string): string {
  const value = ready[key];
  if (typeof value !== 'string') throw new Error(`A service's ready file has no ${key}`);
  return value;
}
