// Builds the operator's part of a session's status. `status.voice` belongs to the gateway and never appears here:
// server-side apply leaves it alone as long as this field manager does not mention it.
import { isDeepStrictEqual } from 'node:util';
import {
  type Condition,
  type ConditionStatus,
  type SessionConditionType,
  setCondition,
  timestamp,
  type VoiceSessionStatus,
} from '../../src/api/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { LiveSession } from '../resources.ts';

/** The operator's fields, all of them: what is left out is removed from the object. */
export type OwnStatus = Omit<VoiceSessionStatus, 'voice'>;

/** True when the object has exactly these fields of the operator's already: nothing is to be written. */
export function isWritten(status: OwnStatus, session: LiveSession): boolean {
  const { voice: _gatewaysOwn, ...own } = session.status ?? {};
  return isDeepStrictEqual(status, own);
}

/** The status under construction: starts as what is written now. */
export class StatusDraft {
  readonly #now: Date;
  readonly #generation: number | undefined;
  #status: OwnStatus;

  constructor(session: LiveSession, now: Date) {
    const { voice: _gatewaysOwn, ...own } = session.status ?? {};
    this.#status = own;
    this.#now = now;
    this.#generation = session.metadata.generation;
  }

  set(fields: Omit<OwnStatus, 'conditions' | 'observedGeneration'>): this {
    this.#status = { ...this.#status, ...fields };
    return this;
  }

  condition(type: SessionConditionType, status: ConditionStatus, reason: string, message: string): this {
    const conditions: readonly Condition[] = setCondition(
      this.#status.conditions,
      {
        type,
        status,
        reason,
        message: redactText(message).slice(0, 1024),
        observedGeneration: this.#generation,
      },
      this.#now,
    );
    this.#status = { ...this.#status, conditions };
    return this;
  }

  /** Sets a time once: what is there stays. */
  once(field: 'startedAt' | 'activeAt' | 'endedAt'): this {
    if (this.#status[field] === undefined) this.#status = { ...this.#status, [field]: timestamp(this.#now) };
    return this;
  }

  build(): OwnStatus {
    return this.#generation === undefined
      ? this.#status
      : { ...this.#status, observedGeneration: this.#generation };
  }
}
