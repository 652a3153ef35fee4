/** One table: a server with a voice channel, a bot with its gateway, people, and the worker that is measured. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AddressReach,
  SessionConfiguration,
  type SpeakResult,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { tenantDatabaseUrl } from '../../src/store/index.ts';
import { migrate } from '../../src/store/migrate.ts';
import type { PersonHandle } from '../../test/discord/api.ts';
import type { SimulatorClient } from '../../test/discord/client.ts';
import { type Bot, connectBot } from '../../test/discord/testing.ts';
import { FakeGateway } from '../../test/integration/worker/fake-gateway.ts';
import type { WorkerImage } from './image.ts';
import { WorkerRun } from './worker-run.ts';

export interface TableParts {
  readonly discord: SimulatorClient;
  /** Where the providers' doubles are. */
  readonly baseURL: string;
  /** Of a superuser. */
  readonly databaseUrl: string;
  readonly image: WorkerImage;
  /** Where the worker runs. */
  readonly cores: readonly number[];
  /** The table's files go there. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Silence that ends an utterance, milliseconds: fixed, and the product's own default. */
export const ENDPOINTING_MS = 500;
/** An NPC that never answers. */
export const MUTED = 'Otto';
/** One who takes the usual time for what is said. */
export const STORYTELLER = 'Edda';
/** For joining, on a machine that does other things, too. */
const LISTENING_MS = 60_000;

export class Table {
  readonly people: PersonHandle[] = [];
  readonly worker: WorkerRun;
  readonly discord: SimulatorClient;
  readonly #gateway: FakeGateway;
  readonly #bot: Bot;
  readonly #guildId: string;
  readonly #channelId: string;

  private constructor(parts: {
    discord: SimulatorClient;
    gateway: FakeGateway;
    bot: Bot;
    worker: WorkerRun;
    guildId: string;
    channelId: string;
  }) {
    this.discord = parts.discord;
    this.#gateway = parts.gateway;
    this.#bot = parts.bot;
    this.worker = parts.worker;
    this.#guildId = parts.guildId;
    this.#channelId = parts.channelId;
  }

  /** With these people in the channel, and the worker listening. */
  static async open(parts: TableParts, names: readonly string[]): Promise<Table> {
    const { discord, baseURL, databaseUrl, signal } = parts;
    await mkdir(parts.folder, { recursive: true });
    const folder = await mkdtemp(join(parts.folder, 'table-'));
    const application = await discord.addApplication({});
    const guildId = await discord.addGuild({ name: 'Tavern' });
    const channelId = await discord.addChannel(guildId, { type: 'voice', name: 'Table' });
    await discord.inviteBot(application.id, guildId);
    const bot = await connectBot(discord, application);
    const place = { guildId, voiceChannelId: channelId, botUserId: application.id };
    const gateway = new FakeGateway(bot, configurationOf(place, baseURL));
    await gateway.start();
    const schema = `bench_${crypto.randomUUID().slice(0, 8)}`;
    await migrate({ url: databaseUrl, schema, set: 'tenant' });
    await gateway.writeSession(join(folder, 'session'), tenantDatabaseUrl(databaseUrl, schema));
    const { caFile } = discord.addresses;
    const { image, cores } = parts;
    const worker = await WorkerRun.start({
      ...{ image, cores, folder, caFile, gatewayPort: gateway.port },
    });
    const table = new Table({ discord, gateway, bot, worker, guildId, channelId });
    try {
      for (const name of names) await table.#seat(name);
      await table.#listening();
      signal.throwIfAborted();
      return table;
    } catch (error) {
      await table.close();
      throw error;
    }
  }

  get botUserId(): string {
    return this.#bot.applicationId;
  }

  /** The person who was named first. */
  get listener(): PersonHandle {
    const [first] = this.people;
    if (first === undefined) throw new Error('nobody sits at this table');
    return first;
  }

  /** Resolves when an NPC has said it to its end, or was interrupted. */
  async speak(npc: string, text: string, timeoutMs = 120_000): Promise<SpeakResult> {
    const correlationId = crypto.randomUUID();
    this.#gateway.send({ $case: 'speak', value: { correlationId, npc, text } });
    return await this.#gateway.until(
      `${npc} to have spoken`,
      () => this.#gateway.spoken.find((result) => result.correlationId === correlationId),
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    await this.worker.stop();
    for (const person of this.people) await person.leaveVoice();
    await this.#gateway.stop();
    await this.#bot.close();
  }

  async #seat(name: string): Promise<void> {
    const person = await this.discord.person({ guildId: this.#guildId, name });
    this.#gateway.name(person.userId, name);
    await person.joinVoice(this.#channelId);
    this.people.push(person);
  }

  async #listening(): Promise<void> {
    const running = (): boolean => this.#gateway.reports.at(-1)?.state === 'WORKER_STATE_RUNNING';
    await this.#gateway.until('the worker to listen', running, LISTENING_MS).catch((error: unknown) => {
      this.worker.check();
      throw error;
    });
  }
}

function configurationOf(
  place: { guildId: string; voiceChannelId: string; botUserId: string },
  baseUrl: string,
): SessionConfiguration {
  const provider = (model: string) => ({
    ...{ kind: 'openai', model, baseUrl, reach: AddressReach.ANY, pricePerUnitUsd: 0.000_01 },
  });
  const npc = (name: string, speed: number) => ({
    ...{ name, personality: 'Says little.', voice: { id: name.toLowerCase(), pitch: 0, speed } },
  });
  return SessionConfiguration.create({
    ...place,
    sessionUid: crypto.randomUUID(),
    namespace: 'skald-t-bench',
    name: 'bench',
    tenant: 'bench',
    revision: 'r1',
    campaign: {
      name: 'village',
      title: 'The Village at the Ford',
      language: 'en',
      npcs: [
        // Quick of speech: what is measured is when an answer begins, not how long it is.
        ...['Greta', 'Bruno', MUTED].map((name) => npc(name, 3)),
        npc(STORYTELLER, 1),
      ],
    },
    mutedNpcs: [MUTED],
    stt: provider('double-stt'),
    llm: provider('double'),
    tts: provider('double-tts'),
    turnTaking: {
      ...{ endpointing: 'fixed', minDelayMs: ENDPOINTING_MS, maxDelayMs: ENDPOINTING_MS, preemptive: false },
    },
    recordTranscripts: true,
  });
}
