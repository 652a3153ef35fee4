/** Tells the gateway how the session is: at every change of its state, and whenever it is asked to. */
import type { WorkerReport } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../src/telemetry/log.ts';
import { type ReportSource, reportOf } from './report.ts';
import { type StateFacts, stateOf } from './state.ts';

export interface ReporterParts {
  readonly facts: () => StateFacts;
  readonly figures: () => Omit<ReportSource, 'state' | 'trouble'>;
  readonly send: (report: WorkerReport) => void;
  readonly log: Logger;
}

export class Reporter {
  private readonly parts: ReporterParts;
  private reported = '';

  constructor(parts: ReporterParts) {
    this.parts = parts;
  }

  /** Reports when the state, or the reason for it, is another one. */
  stateChanged(): void {
    const { state, trouble } = this.now();
    const text = `${state} ${trouble?.reason ?? ''}`;
    if (text === this.reported) return;
    this.reported = text;
    this.parts.log.info({ state, ...trouble }, 'State');
    this.report();
  }

  report(): void {
    this.parts.send(reportOf({ ...this.now(), ...this.parts.figures() }));
  }

  private now(): Pick<ReportSource, 'state' | 'trouble'> {
    const facts = this.parts.facts();
    return { state: stateOf(facts), trouble: facts.fault ?? facts.pause };
  }
}
