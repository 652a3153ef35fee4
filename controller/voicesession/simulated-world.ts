// For tests: one session in a small world, with a Job controller, a kubelet, a gateway, people, and an operator that
// may die between any two of its effects. Everything that happens is a method; what must always hold is checked there.
import { type Phase, type VoiceSessionVoice, workerJobName } from '../../src/api/index.ts';
import type { LiveSession } from '../resources.ts';
import { type Action, type Decision, decide } from './decide.ts';
import { at, job as freshJob, pod as freshPod, issued, listening, observe, session } from './fixtures.ts';
import type { Observation } from './observation.ts';
import type { JobView, PodView } from './worker-view.ts';

/** As reconcile.ts has it. */
const MOST_STEPS = 10;
/** The Job's backoffLimit. */
const MOST_FAILURES = 3;

class Crash extends Error {}

export interface Conduct {
  /** Called for each phase that is written. */
  readonly onPhase: (from: Phase, to: Phase) => void;
  /** The session is a recap. @defaultValue false */
  readonly recap?: boolean;
}

export class SimulatedWorld {
  readonly #conduct: Conduct;
  #seconds = 0;
  #session: LiveSession;
  #job: JobView | undefined;
  #failures = 0;
  #pods: PodView[] = [];
  #made = 0;
  #claims = false;
  #settled = false;
  #effectsLeft = Number.POSITIVE_INFINITY;
  rival = false;
  authority = true;
  tenant = true;
  node: 'stays' | 'leaves' = 'stays';

  constructor(conduct: Conduct) {
    this.#conduct = conduct;
    this.#session = session(conduct.recap === true ? { spec: { mode: 'Recap', recapOf: 'friday' } } : {});
  }

  get phase(): Phase {
    return this.#session.status?.phase ?? 'Pending';
  }

  /** What the session still holds, for a message. */
  get holds(): string[] {
    return [
      ...(this.#job === undefined ? [] : ['a Job']),
      ...(this.#claims ? ['its claims'] : []),
      ...(this.#session.metadata.finalizers?.length ? ['its finalizer'] : []),
      ...this.#pods.filter(({ held, state }) => held || state !== 'ended').map(({ name }) => `pod ${name}`),
    ];
  }

  // People.
  stop(): void {
    this.#session = { ...this.#session, spec: { ...this.#session.spec, desiredState: 'Stopped' } };
  }

  delete(): void {
    const deletionTimestamp = this.#session.metadata.deletionTimestamp ?? this.#now.toISOString();
    this.#session = { ...this.#session, metadata: { ...this.#session.metadata, deletionTimestamp } };
  }

  pass(seconds: number): void {
    this.#seconds += seconds;
  }

  /** Somebody deletes the Job, and with it its pods. */
  deleteJob(): void {
    this.#job = undefined;
    this.#pods = this.#pods.map((one) => ({ ...one, deleting: true }));
  }

  // The Job controller and the kubelet.
  makePod(): void {
    const busy = this.#pods.some(({ state }) => state !== 'ended');
    if (this.#job === undefined || this.#job.deleting || this.#job.finished !== undefined || busy) return;
    this.#made++;
    const { exit: _, ...fresh } = freshPod;
    this.#pods.push({ ...fresh, name: `pod-${this.#made}`, uid: `pod-${this.#made}`, state: 'pending' });
  }

  run(): void {
    this.#change((one) => (one.state === 'pending' ? { ...one, state: 'running' } : one));
  }

  /** The worker ends; the Job draws its conclusion. */
  exit(code: number, message = ''): void {
    if (!this.#pods.some(({ state }) => state === 'running')) return;
    this.#change((one) => (one.state === 'running' ? ended(one, code, message) : one));
    if (this.#job === undefined || this.#job.finished !== undefined || code === 143) return;
    if (code === 0) this.#finish(false, 'CompletionsReached');
    else if (code === 64 || code === 65 || code === 69) this.#finish(true, 'PodFailurePolicy');
    else if (++this.#failures > MOST_FAILURES) this.#finish(true, 'BackoffLimitExceeded');
  }

  /** What is being deleted goes: in order, with SIGTERM; a pod that never ran leaves no word. */
  terminate(): void {
    this.#change((one) => {
      if (!one.deleting || one.state === 'ended') return one;
      return one.state === 'running' ? ended(one, 143, '') : { ...one, state: 'ended' };
    });
  }

  /** The node is gone with its pod. */
  loseNode(): void {
    this.#change((one) => ({ ...one, state: 'ended', deleting: true }));
    this.node = 'stays';
  }

  // The gateway.
  report(voice: Partial<VoiceSessionVoice>): void {
    const podUID = this.#pods.at(-1)?.uid;
    if (podUID === undefined || this.phase === 'Ended' || this.phase === 'Failed') return;
    const status = { ...this.#session.status, voice: { ...listening, ...voice, podUID } };
    this.#session = { ...this.#session, status };
  }

  /** Passes Stop to whoever shall stop, and the worker does. */
  passStop(): void {
    const { spec, metadata } = this.#session;
    const due =
      this.phase === 'Draining' ||
      spec.desiredState === 'Stopped' ||
      metadata.deletionTimestamp !== undefined;
    if (due) this.exit(0, '{"endReason":"Requested","utterances":1}');
  }

  /** The Tenant's sums have the session. */
  settle(): void {
    this.#settled = this.phase === 'Ended' || this.phase === 'Failed';
  }

  /** One pass of the operator, which dies after so many effects. */
  reconcile(effects = Number.POSITIVE_INFINITY): void {
    this.#effectsLeft = effects;
    const pass: Pick<Observation, 'claims' | 'certificate' | 'cleaned'> = {
      claims: { state: 'unknown' },
      certificate: { state: 'none' },
      cleaned: false,
    };
    const learnt: { -readonly [K in keyof typeof pass]: (typeof pass)[K] } = { ...pass };
    try {
      for (let step = 0; step < MOST_STEPS; step++) {
        const before = this.#session.status?.phase;
        const decision = decide(this.#observe(learnt));
        this.#perform(decision, learnt);
        for (const name of decision.letGo ?? []) this.#letGo(name);
        const { kind } = decision.action;
        const again = kind === 'claim' || kind === 'issue' || kind === 'cleanUp';
        if (!again && !(kind === 'none' && this.#session.status?.phase !== before)) return;
      }
      throw new Error(`does not settle in ${this.phase}`);
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }

  get #now(): Date {
    return at(this.#seconds);
  }

  #observe(learnt: Pick<Observation, 'claims' | 'certificate' | 'cleaned'>): Observation {
    const base = observe(undefined);
    const serving = this.#pods.findLast(({ state }) => state !== 'ended')?.node;
    const leaving = this.node === 'leaves' ? { leaving: 'is cordoned' } : {};
    return {
      ...base,
      ...learnt,
      now: this.#now,
      session: this.#session,
      tenant: this.tenant ? base.tenant : undefined,
      job: this.#job,
      pods: [...this.#pods],
      node: serving === undefined ? undefined : { name: serving, ...leaving },
      settled: this.#settled || !this.tenant || this.#session.status?.startedAt === undefined,
    };
  }

  #perform(
    { status, action }: Decision,
    learnt: { claims: Observation['claims']; certificate: Observation['certificate']; cleaned: boolean },
  ): void {
    switch (action.kind) {
      case 'claim':
        if (!this.rival || this.#claims) {
          this.#effect(() => {
            this.#claims = true;
          });
          learnt.claims = { state: 'held' };
        } else learnt.claims = { state: 'busy', what: 'guild', holder: 'ns/rival/uid' };
        this.#effect(() => this.#finalizers(['skald.dev/session']));
        learnt.certificate = this.#certificate();
        return;
      case 'issue':
        learnt.certificate = this.#certificate();
        return;
      case 'cleanUp':
        this.#write(status);
        this.#effect(() => {
          this.#job = undefined;
        });
        for (const { name } of this.#pods) this.#letGo(name);
        // Last, as reconcile.ts does it.
        this.#effect(() => {
          if (this.#pods.some(({ state }) => state !== 'ended'))
            throw new Error('claims given back under a worker');
          this.#claims = false;
        });
        learnt.cleaned = true;
        return;
      default:
        this.#write(status);
        this.#effect(() => this.#act(action));
    }
  }

  #act(action: Exclude<Action, { kind: 'claim' | 'issue' | 'cleanUp' }>): void {
    switch (action.kind) {
      case 'provision':
        if (!this.#claims) throw new Error('a Job without the claims');
        if (action.jobName !== workerJobName(this.#session)) throw new Error(`a Job ${action.jobName}`);
        this.#job ??= { ...freshJob, name: action.jobName };
        return;
      case 'evict':
        this.#change((one) => (one.name === action.pod.name ? { ...one, deleting: true } : one));
        return;
      case 'kill':
        this.#job = undefined;
        this.#change((one) => {
          if (one.state === 'ended') return one;
          return action.force
            ? { ...one, deleting: true, state: 'ended', held: false }
            : { ...one, deleting: true };
        });
        return;
      case 'release':
        this.#finalizers([]);
        return;
      case 'claimSpare':
      case 'forget':
        throw new Error(`${action.kind} in a world without spares and history`);
      case 'none':
    }
  }

  /** The process may be gone before it. */
  #effect(perform: () => void): void {
    if (this.#effectsLeft-- <= 0) throw new Crash();
    perform();
  }

  #write(status: Decision['status']): void {
    this.#effect(() => {
      const { voice } = this.#session.status ?? {};
      const from = this.phase;
      this.#session = { ...this.#session, status: { ...status, ...(voice === undefined ? {} : { voice }) } };
      this.#conduct.onPhase(from, this.phase);
    });
  }

  #certificate(): Observation['certificate'] {
    return this.authority ? issued : { state: 'failed', message: 'no authority' };
  }

  #letGo(name: string): void {
    this.#effect(() => this.#change((one) => (one.name === name ? { ...one, held: false } : one)));
  }

  #finalizers(finalizers: string[]): void {
    this.#session = { ...this.#session, metadata: { ...this.#session.metadata, finalizers } };
  }

  #finish(failed: boolean, reason: string): void {
    if (this.#job === undefined) return;
    this.#job = { ...this.#job, finished: { failed, reason, message: 'as it is', at: this.#now } };
  }

  #change(change: (pod: PodView) => PodView): void {
    this.#pods = this.#pods.map(change);
  }
}

function ended(one: PodView, code: number, message: string): PodView {
  return { ...one, state: 'ended', exit: { code, message, reason: code === 0 ? 'Completed' : 'Error' } };
}
