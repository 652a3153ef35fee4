/** A table with everything around a worker: Discord, gateway, providers; the worker as the pod runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playerSays } from '../../../hack/environment/player-voice.ts';
import { AddressReach, SessionConfiguration } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { DiscordSimulator } from '../../discord/simulator.ts';
import { type Bot, connectBot, trust } from '../../discord/testing.ts';
import { ProviderDouble } from '../../providers/double.ts';
import { FakeGateway } from './fake-gateway.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

export interface WorkerRun {
  readonly child: ChildProcess;
  /** Everything it printed, as lines of JSON where they are. */
  readonly lines: Record<string, unknown>[];
  readonly healthPort: number;
  readonly exit: Promise<number | null>;
  readonly startedAt: number;
  /** The termination message. */
  result(): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export interface SceneOptions {
  readonly databaseUrl?: string;
  readonly configuration?: Partial<SessionConfiguration>;
  /** What this Discord offers. */
  readonly discord?: ConstructorParameters<typeof DiscordSimulator>[0];
}

export class Scene {
  readonly simulator: DiscordSimulator;
  readonly providers: ProviderDouble;
  readonly gateway: FakeGateway;
  readonly bot: Bot;
  readonly guildId: string;
  readonly channelId: string;
  readonly directory: string;
  private readonly caFile: string;
  private readonly workers: WorkerRun[] = [];

  private constructor(
    parts: Pick<Scene, 'simulator' | 'providers' | 'gateway' | 'bot' | 'guildId' | 'channelId' | 'directory'>,
    caFile: string,
  ) {
    this.simulator = parts.simulator;
    this.providers = parts.providers;
    this.gateway = parts.gateway;
    this.bot = parts.bot;
    this.guildId = parts.guildId;
    this.channelId = parts.channelId;
    this.directory = parts.directory;
    this.caFile = caFile;
  }

  static async create(options: SceneOptions = {}): Promise<Scene> {
    const directory = await mkdtemp(join(tmpdir(), 'skald-worker-test-'));
    const simulator = new DiscordSimulator({ ...options.discord, caDirectory: join(directory, 'ca') });
    const { caFile } = await simulator.start();
    trust(simulator);
    const providers = new ProviderDouble();
    await providers.start();
    const application = await simulator.addApplication({});
    const guildId = await simulator.addGuild({ name: 'Tavern' });
    const channelId = await simulator.addChannel(guildId, { type: 'voice', name: 'Voice' });
    await simulator.inviteBot(application.id, guildId);
    const bot = await connectBot(simulator, application);
    const provider = (model: string) => ({
      kind: 'openai',
      model,
      baseUrl: providers.baseURL,
      reach: AddressReach.ANY,
      pricePerUnitUsd: 0.001,
    });
    const gateway = new FakeGateway(
      bot,
      SessionConfiguration.create({
        sessionUid: crypto.randomUUID(),
        namespace: 'skald-demo',
        name: 'friday',
        tenant: 'demo',
        guildId,
        voiceChannelId: channelId,
        botUserId: application.id,
        revision: 'r1',
        campaign: {
          name: 'village',
          title: 'The Village at the Ford',
          description: 'A quiet village where the trade road crosses the river.',
          language: 'en',
          npcs: [
            {
              name: 'Greta',
              title: 'innkeeper',
              personality: 'Warm and curious. Runs the inn at the ford.',
              voice: { id: 'greta', pitch: 0, speed: 3 },
            },
            {
              name: 'Bruno',
              title: 'blacksmith',
              personality: 'Gruff and honest. Trusts what he can hold in his hands.',
              voice: { id: 'bruno', pitch: 0, speed: 3 },
            },
          ],
        },
        stt: provider('double-stt'),
        llm: provider('double'),
        tts: provider('double-tts'),
        recordTranscripts: true,
        ...options.configuration,
      }),
    );
    await gateway.start();
    await gateway.writeSession(join(directory, 'session'), options.databaseUrl);
    return new Scene({ simulator, providers, gateway, bot, guildId, channelId, directory }, caFile);
  }

  /** Starts the worker under its supervisor, or alone. */
  worker(options: { program?: string; env?: Record<string, string> } = {}): WorkerRun {
    const terminationLog = join(this.directory, `termination-${this.workers.length}`);
    const startedAt = Date.now();
    const child = spawn(
      process.execPath,
      [options.program ?? join(ROOT, 'worker/supervisor/supervisor.ts')],
      {
        env: {
          ...process.env,
          NODE_EXTRA_CA_CERTS: this.caFile,
          SKALD_GATEWAY_ADDRESS: `127.0.0.1:${this.gateway.port}`,
          SKALD_GATEWAY_SERVER_NAME: 'localhost',
          SKALD_POD_NAME: 'friday-0badcafe-x',
          SKALD_POD_UID: crypto.randomUUID(),
          SKALD_SESSION_DIRECTORY: join(this.directory, 'session'),
          ...(existsSync(join(this.directory, 'session', 'database-url'))
            ? { SKALD_DATABASE_URL_FILE: join(this.directory, 'session', 'database-url') }
            : {}),
          SKALD_TERMINATION_LOG: terminationLog,
          SKALD_HEALTH_PORT: '0',
          SKALD_LOG_LEVEL: 'debug',
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines: Record<string, unknown>[] = [];
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        if (process.env.SKALD_TEST_VERBOSE !== undefined) console.log(line);
        try {
          lines.push(JSON.parse(line));
        } catch {
          lines.push({ msg: line });
        }
      }
    });
    const exit = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
    });
    const worker: WorkerRun = {
      child,
      lines,
      get healthPort() {
        return Number(lines.findLast(({ msg }) => msg === 'Health server listens')?.port);
      },
      exit,
      startedAt,
      result: async () => JSON.parse(await readFile(terminationLog, 'utf8')),
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
        await exit;
        clearTimeout(timer);
      },
    };
    this.workers.push(worker);
    return worker;
  }

  /** The process that the supervisor runs. */
  async workerPid(worker: WorkerRun): Promise<number> {
    const { pid } = worker.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return Number(children.trim().split(' ')[0]);
  }

  /** A WAV of a player saying it. */
  speech(text: string): Promise<string> {
    return playerSays(text, (message) => console.log(message));
  }

  async listening(timeoutMs?: number): Promise<void> {
    await this.gateway
      .until('listening', () => this.gateway.reports.at(-1)?.state === 'WORKER_STATE_RUNNING', timeoutMs)
      .catch((error) => {
        console.log(this.workers.at(-1)?.lines.slice(-20));
        throw error;
      });
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.gateway.stop();
    await this.bot.close();
    await this.simulator.stop();
    await this.providers.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
