/** Runs one scenario against one runtime and judges it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../../hack/cluster/control-plane.ts';
import { Client, loadConfig, namespaces } from '../../src/kube/index.ts';
import { FaultProxy } from './proxy/fault-proxy.ts';
import { RuleBook } from './proxy/rules.ts';
import { seeded } from './random.ts';
import { RuntimeProcess } from './runtimes/process.ts';
import type { Action, Phase, Scenario } from './scenario.ts';
import { busiestSecond, differences, impatience } from './verdict.ts';
import { Writer } from './writer.ts';

/** From the end of the faults to the last moment at which the runtime may still be behind, milliseconds. */
export const convergenceMs = 5_000;
/** How long it has to stay up to date to be believed, milliseconds. */
const settleMs = 400;
/** A process that takes longer to make its first request, or to follow objects without faults, does not work. */
const startMs = 30_000;
const lookEveryMs = 25;
const defaultRequestsPerSecond = 30;

export interface Outcome {
  scenario: string;
  runtime: string;
  passed: boolean;
  /** From the end of the faults until it was up to date, milliseconds; absent if it never was. */
  convergedMs?: number;
  /** What failed; empty when it passed. */
  problems: string[];
  requests: number;
  /** The most requests within one second. */
  busiestSecond: number;
  /** What the runtime said last, when it failed. */
  log?: string;
}

export interface RunOptions {
  scenario: Scenario;
  runtime: { name: string; main: string };
  /** The control plane to run against; `restart…` is used by scenarios that stop the server. */
  plane: Pick<ControlPlane, 'kubeconfig'> & Partial<Pick<ControlPlane, 'restartApiServer' | 'restartEtcd'>>;
  seed: number;
  signal: AbortSignal;
}

let count = 0;

export async function runScenario(options: RunOptions): Promise<Outcome> {
  const { scenario, runtime, plane } = options;
  const configuration = await loadConfig({ kubeconfig: plane.kubeconfig });
  const direct = new Client({ config: configuration, requestTimeoutMs: 5_000 });
  const proxy = await FaultProxy.start(configuration);
  const folder = await mkdtemp(join(tmpdir(), 'skald-conformance-'));
  const namespace = `conformance-${process.pid}-${Date.now().toString(36)}-${count++}`;
  let child: RuntimeProcess | undefined;
  try {
    const { headers } = await configuration.credentials();
    const kubeconfig = join(folder, 'kubeconfig');
    const token = (headers.authorization ?? '').replace(/^Bearer /, '');
    await writeFile(kubeconfig, proxy.kubeconfig(token), { mode: 0o600 });
    await direct.create(namespaces, { metadata: { name: namespace } });
    const writer = new Writer({
      client: direct,
      namespace,
      random: seeded(`${options.seed} ${scenario.name} writes`),
    });
    await writer.seed(scenario.objects ?? 12);
    proxy.seed(seeded(`${options.seed} ${scenario.name} cuts`));
    child = new RuntimeProcess(runtime.main, {
      kubeconfig,
      namespace,
      silenceLimitMs: scenario.silenceLimitMs,
      leaderElection: scenario.leaderElection,
    });
    const run = new ScenarioRun(options, { proxy, writer, child });
    return await run.toItsEnd();
  } finally {
    await child?.stop();
    await proxy.close();
    // Nothing empties a namespace here; its objects go with the control plane.
    await direct.delete(namespaces, { name: namespace }).catch(() => {});
    direct.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class ScenarioRun {
  readonly #options: RunOptions;
  readonly #proxy: FaultProxy;
  readonly #writer: Writer;
  readonly #child: RuntimeProcess;

  constructor(options: RunOptions, parts: { proxy: FaultProxy; writer: Writer; child: RuntimeProcess }) {
    this.#options = options;
    this.#proxy = parts.proxy;
    this.#writer = parts.writer;
    this.#child = parts.child;
  }

  async toItsEnd(): Promise<Outcome> {
    const { scenario } = this.#options;
    const [first] = scenario.phases;
    if (scenario.fromStart && first) this.#arm(first);
    const begun = scenario.fromStart
      ? await this.#until(() => this.#proxy.requests.length > 0)
      : await this.#until(async () => this.#child.isReady && (await this.#differences()).length === 0);
    if (!begun) {
      const { crash } = this.#child;
      if (crash) return this.#outcome([crash]);
      return this.#outcome(['not up to date before the faults', ...(await this.#differences())]);
    }
    if (!scenario.fromStart) this.#proxy.clear();
    for (const [index, phase] of scenario.phases.entries()) {
      if (index > 0 || !scenario.fromStart) this.#arm(phase);
      await this.#phase(phase);
    }
    this.#proxy.heal();
    return this.#judge();
  }

  #arm(phase: Phase): void {
    const { scenario, seed } = this.#options;
    const book = new RuleBook(phase.rules ?? [], seeded(`${seed} ${scenario.name} rules`));
    this.#proxy.decide = (request) => book.decide(request);
  }

  async #phase(phase: Phase): Promise<void> {
    const { signal } = this.#options;
    let over = false;
    const faults = async () => {
      try {
        const wait = delay(phase.forMs, undefined, { signal });
        for (const action of phase.begin ?? []) await this.#act(action);
        await wait;
      } finally {
        over = true;
      }
    };
    await Promise.all([faults(), this.#writer.write(phase.writes ?? 'mixed', () => over, signal)]);
    for (const action of phase.end ?? []) await this.#act(action);
  }

  async #act(action: Action): Promise<void> {
    const proxy = this.#proxy;
    const { plane } = this.#options;
    if (action === 'drop') proxy.dropConnections();
    else if (action === 'end-watches') proxy.endWatches();
    else if (action === 'refuse') proxy.refuse();
    else if (action === 'accept') proxy.accept();
    else if (action === 'withhold') proxy.withhold();
    else if (action === 'silence') proxy.silenceWatches();
    else if ('forget' in action) proxy.forget(await this.#writer.version(), action.forget);
    else if ('clockJumpMs' in action) this.#child.jumpClock(action.clockJumpMs);
    else if (action.server === 'restart-api') await plane.restartApiServer?.('SIGTERM');
    else if (action.server === 'kill-api') await plane.restartApiServer?.('SIGKILL');
    else await plane.restartEtcd?.('SIGKILL');
  }

  async #judge(): Promise<Outcome> {
    const healedAt = performance.now();
    const truth = await this.#writer.truth();
    let convergedMs: number | undefined;
    let problems: string[] = [];
    for (;;) {
      problems = await this.#differences(truth);
      const passedMs = performance.now() - healedAt;
      if (problems.length > 0) convergedMs = undefined;
      else convergedMs ??= passedMs;
      if (this.#child.crash) break;
      if (convergedMs !== undefined && passedMs - convergedMs >= settleMs) break;
      if (convergedMs === undefined && passedMs > convergenceMs) break;
      await delay(lookEveryMs, undefined, { signal: this.#options.signal });
    }
    const { crash } = this.#child;
    // What a process that is gone does not know needs no list.
    return this.#outcome(crash ? [crash] : [...problems, ...this.#manners()], convergedMs);
  }

  /** How it treated the server. */
  #manners(): string[] {
    const limit = this.#options.scenario.requestsPerSecond ?? defaultRequestsPerSecond;
    const busiest = busiestSecond(this.#proxy.requests);
    return [
      ...(busiest > limit ? [`${busiest} requests within one second, ${limit} are allowed`] : []),
      ...impatience(this.#proxy.requests),
    ];
  }

  async #differences(truth?: Awaited<ReturnType<Writer['truth']>>): Promise<string[]> {
    const server = truth ?? (await this.#writer.truth());
    const cache = await this.#child.dump();
    return differences({ server, cache, reconciled: this.#child.reconciled });
  }

  async #until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
    const end = performance.now() + startMs;
    while (performance.now() < end && !this.#child.crash) {
      if (await condition()) return true;
      await delay(lookEveryMs, undefined, { signal: this.#options.signal });
    }
    return false;
  }

  #outcome(problems: string[], convergedMs?: number): Outcome {
    const { scenario, runtime } = this.#options;
    const { requests } = this.#proxy;
    return {
      scenario: scenario.name,
      runtime: runtime.name,
      passed: problems.length === 0,
      ...(convergedMs === undefined ? {} : { convergedMs: Math.round(convergedMs) }),
      problems,
      requests: requests.length,
      busiestSecond: busiestSecond(requests),
      ...(problems.length > 0 && this.#child.log ? { log: this.#child.log } : {}),
    };
  }
}
