/** Everything around the worker, in processes and on a core of its own: Discord, the providers, PostgreSQL. */
import { join } from 'node:path';
import type { GuardedProcess } from '../../hack/process/guarded.ts';
import { SimulatorClient } from '../../test/discord/client.ts';
import type { CorePlan } from '../controller/cores.ts';
import { clockOffset } from '../start/measure.ts';
import { DELAYS, Doubles } from './doubles.ts';
import type { WorkerImage } from './image.ts';
import { startPinned, whenReady } from './pinned.ts';
import { Table } from './table.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

export interface StageOptions {
  /** The worker is the contender; all else runs on the server's cores. */
  readonly cores: Pick<CorePlan, 'server' | 'contender'>;
  readonly image: WorkerImage;
  /** Of a superuser. */
  readonly databaseUrl: string;
  /** The caller's to remove. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export class Stage {
  readonly discord: SimulatorClient;
  readonly doubles: Doubles;
  readonly options: StageOptions;
  readonly #simulator: GuardedProcess;
  readonly #tables = new Set<Table>();

  private constructor(
    options: StageOptions,
    parts: { discord: SimulatorClient; doubles: Doubles; simulator: GuardedProcess },
  ) {
    this.options = options;
    this.discord = parts.discord;
    this.doubles = parts.doubles;
    this.#simulator = parts.simulator;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { folder, signal, cores } = options;
    const file = join(folder, 'simulator.json');
    const simulator = await startPinned('the Discord simulator', cores.server, {
      program: process.execPath,
      arguments: [join(ROOT, 'test/discord/main.ts'), '--ready-file', file, '--log-level', 'error'],
      logFile: join(folder, 'simulator.log'),
    });
    try {
      const read = (text: string): { controlUrl: string } => JSON.parse(text);
      const { controlUrl } = await whenReady(simulator, { file, read, signal });
      const discord = await SimulatorClient.connect(controlUrl);
      const doubles = await Doubles.start({ cores: cores.server, folder, delays: DELAYS, signal });
      return new Stage(options, { discord, doubles, simulator });
    } catch (error) {
      await simulator.stop();
      throw error;
    }
  }

  /** A table whose worker listens. */
  async table(...names: readonly string[]): Promise<Table> {
    const { image, databaseUrl, folder, signal, cores } = this.options;
    const { discord, doubles } = this;
    const { baseURL } = doubles;
    const parts = { discord, baseURL, databaseUrl, image, folder, signal, cores: cores.contender };
    const table = await Table.open(parts, names);
    this.#tables.add(table);
    return table;
  }

  async leave(table: Table): Promise<void> {
    this.#tables.delete(table);
    await table.close();
  }

  /** Added to Discord's times gives epoch milliseconds. */
  clockOffset(): Promise<number> {
    return clockOffset(this.discord);
  }

  async close(): Promise<void> {
    for (const table of this.#tables) await this.leave(table).catch(() => {});
    await this.doubles.stop();
    await this.#simulator.stop('SIGTERM');
  }
}
