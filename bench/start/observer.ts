// Watches what the cluster says of the sessions of one namespace, and when.
import { annotations, kinds, labels, type VoiceSession } from '../../src/api/index.ts';
import {
  Client,
  defineResource,
  Informers,
  type Job,
  jobs,
  type Live,
  loadConfig,
  type Pod,
  pods,
  silentLogger,
  systemClock,
} from '../../src/kube/index.ts';

const voiceSessions = defineResource<VoiceSession>(kinds.VoiceSession);

/** What was seen of one session. Times are epoch milliseconds on arrival, but for `claimed`, which the operator wrote. */
export interface Sighting {
  readonly name: string;
  created?: number;
  claimed?: number;
  admitted?: number;
  jobName?: string;
  jobCreated?: number;
  podName?: string;
  podCreated?: number;
  scheduled?: number;
  phase?: string;
}

export class Observer implements AsyncDisposable {
  readonly #client: Client;
  readonly #stop = new AbortController();
  readonly #informers: Informers;
  readonly #sightings = new Map<string, Sighting>();
  readonly #jobs = new Map<string, { seen: number; claimed?: number }>();
  readonly #pods = new Map<
    string,
    { name: string; seen: number; scheduled?: number; ready: boolean; warm: boolean }
  >();
  #changed = Promise.withResolvers<void>();

  private constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#informers = new Informers({ client, clock: systemClock, log: silentLogger });
    const session = (object: Live<VoiceSession>): void => this.#onSession(object);
    this.#informers
      .get(voiceSessions, { namespace })
      .addHandler({ add: session, update: (_, object) => session(object) });
    const job = (object: Live<Job>): void => this.#onJob(object);
    this.#informers.get(jobs, { namespace }).addHandler({ add: job, update: (_, object) => job(object) });
    const pod = (object: Live<Pod>): void => this.#onPod(object);
    this.#informers.get(pods, { namespace }).addHandler({
      add: pod,
      update: (_, object) => pod(object),
      delete: ({ metadata }) => {
        this.#pods.delete(metadata.name);
        this.#tell();
      },
    });
  }

  static async open(kubeconfig: string, context: string, namespace: string): Promise<Observer> {
    const client = new Client({ config: await loadConfig({ kubeconfig, context }) });
    const observer = new Observer(client, namespace);
    observer.#informers.start(observer.#stop.signal);
    await observer.#informers.whenSynced(observer.#stop.signal);
    return observer;
  }

  /** Sessions that are known by now. */
  names(): ReadonlySet<string> {
    return new Set(this.#sightings.keys());
  }

  /** Waits for the one session that is not among `known`, until it `holds`. */
  async session(
    known: ReadonlySet<string>,
    holds: (sighting: Sighting) => boolean,
    what: string,
    deadlineMs = 60_000,
  ): Promise<Sighting> {
    return await this.#until(
      what,
      () => [...this.#sightings.values()].find((one) => !known.has(one.name) && holds(this.#complete(one))),
      deadlineMs,
    );
  }

  /** Waits for a warm worker that may be claimed, with no other that is still on its way up or down. */
  async spareIsReady(deadlineMs = 60_000): Promise<void> {
    await this.#until(
      'one warm worker to be ready and no other pod to be there',
      () => {
        const all = [...this.#pods.values()];
        return all.length === 1 && all[0]?.warm === true && all[0].ready ? true : undefined;
      },
      deadlineMs,
    );
  }

  async noPods(deadlineMs = 60_000): Promise<void> {
    await this.#until('no pod to be there', () => (this.#pods.size === 0 ? true : undefined), deadlineMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#informers.stopped();
    this.#client.close();
  }

  #complete(sighting: Sighting): Sighting {
    const job = sighting.jobName === undefined ? undefined : this.#jobs.get(sighting.jobName);
    if (job?.claimed !== undefined) sighting.claimed = job.claimed;
    else if (job !== undefined) sighting.jobCreated = job.seen;
    const pod = sighting.jobName === undefined ? undefined : this.#podOf(sighting.jobName);
    if (pod !== undefined) {
      sighting.podName = pod.name;
      if (sighting.claimed === undefined) {
        sighting.podCreated = pod.seen;
        if (pod.scheduled !== undefined) sighting.scheduled = pod.scheduled;
      }
    }
    return sighting;
  }

  #podOf(jobName: string) {
    return [...this.#pods.values()].find(({ name }) => name.startsWith(`${jobName}-`));
  }

  #onSession({ metadata: { name }, status }: Live<VoiceSession>): void {
    const now = Date.now();
    const known = this.#sightings.get(name) ?? { name, created: now };
    this.#sightings.set(name, known);
    if (status?.phase !== undefined) known.phase = status.phase;
    const { jobName } = status?.worker ?? {};
    if (jobName !== undefined && known.jobName === undefined) {
      known.jobName = jobName;
      known.admitted = now;
    }
    this.#tell();
  }

  #onJob({ metadata }: Live<Job>): void {
    const known = this.#jobs.get(metadata.name) ?? { seen: Date.now() };
    const claimedAt = metadata.annotations?.[annotations.claimedAt];
    if (claimedAt !== undefined) known.claimed = Date.parse(claimedAt);
    this.#jobs.set(metadata.name, known);
    this.#tell();
  }

  #onPod({ metadata, spec, status }: Live<Pod>): void {
    const now = Date.now();
    const { name } = metadata;
    const known = this.#pods.get(name) ?? { name, seen: now, ready: false, warm: false };
    known.warm = metadata.labels?.[labels.warm] === 'true' && metadata.deletionTimestamp === undefined;
    known.ready =
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
    if (spec?.nodeName && known.scheduled === undefined) known.scheduled = now;
    this.#pods.set(name, known);
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }

  async #until<T>(what: string, look: () => T | undefined, deadlineMs: number): Promise<T> {
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {});
    const timer = setTimeout(
      () => late.reject(new Error(`not within ${deadlineMs} ms: ${what}`)),
      deadlineMs,
    );
    try {
      for (;;) {
        const changed = this.#changed.promise;
        const found = look();
        if (found !== undefined) return found;
        await Promise.race([changed, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
