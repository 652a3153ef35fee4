/** LiveKit's agent, as bench/peers/livekit/main.mjs makes it, on cores of its own. */
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts } from '../../../hack/process/free-port.ts';
import { vadModelPath } from '../../../worker/turn/vad-model-path.ts';
import { ContenderProcess } from '../../controller/contender-process.ts';
import { answers, type Room, STARTED_MS } from './room.ts';

/** `default`: as the library comes. `equal`: the times, thresholds and weights of Skald, nothing preemptive. */
export type Variant = 'default' | 'equal';

export interface AgentOptions {
  /** Where its packages are installed. */
  readonly folder: string;
  readonly variant: Variant;
  /** OpenAI's API begins there. */
  readonly baseURL: string;
  /** Of `equal`: silence that ends a turn, and voice that interrupts, milliseconds. */
  readonly endpointMs: number;
  readonly interruptionMs: number;
  readonly cores: readonly number[];
  readonly signal: AbortSignal;
  /** What the agent could not do, in its words; a request that an interruption ended is among it. */
  readonly onFailure: (text: string) => void;
}

/** The character of the table's Greta, said in a prompt. */
const INSTRUCTIONS = 'You are Greta, the innkeeper. Says little.';

const sessionSchema = z.object({ pid: z.number().int() });

export class Agent {
  readonly #worker: ContenderProcess;
  #job: number | undefined;

  private constructor(worker: ContenderProcess, onFailure: AgentOptions['onFailure']) {
    this.#worker = worker;
    worker.onEvent(({ event, pid, error }) => {
      if (event === 'session') this.#job = sessionSchema.parse({ pid }).pid;
      if (event === 'failed') onFailure(String(error));
    });
  }

  /** Resolves when it is registered for rooms to come. */
  static async start(room: Room, options: AgentOptions): Promise<Agent> {
    const [port = 0] = await freePorts(1);
    const worker = new ContenderProcess("LiveKit's agent", launch(room, port, options), options.cores);
    const agent = new Agent(worker, options.onFailure);
    try {
      await answers(`http://127.0.0.1:${port}/`, worker, options.signal);
      return agent;
    } catch (error) {
      await agent.stop();
      throw error;
    }
  }

  /** Resolves when it has a session in the room. */
  async inSession(signal: AbortSignal): Promise<void> {
    if (this.#job !== undefined) return;
    await this.#worker.event('session', AbortSignal.any([signal, AbortSignal.timeout(STARTED_MS)]));
  }

  /** The process of the session. The worker, its pool and its models are others. */
  get job(): number {
    if (this.#job === undefined) throw new Error('the agent has no session yet');
    return this.#job;
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}

function launch(
  room: Room,
  port: number,
  options: AgentOptions,
): ConstructorParameters<typeof ContenderProcess>[1] {
  const { folder, variant, baseURL, endpointMs, interruptionMs } = options;
  return {
    command: process.execPath,
    args: [join(folder, 'main.mjs'), 'start', '--log-level', 'warn'],
    env: {
      NODE_ENV: 'production',
      LIVEKIT_URL: room.url,
      LIVEKIT_API_KEY: room.key,
      LIVEKIT_API_SECRET: room.secret,
      BENCH_HEALTH_PORT: String(port),
      BENCH_AGENT: JSON.stringify({
        variant,
        providers: baseURL,
        endpointMs,
        interruptionMs,
        vadModel: vadModelPath(undefined),
        instructions: INSTRUCTIONS,
        voice: 'greta',
        speed: 3,
      }),
    },
  };
}
