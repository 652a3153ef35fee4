// Everything that can be seen of one session, as plain facts. What could not be read is absent and listed in `unread`.
import type { Condition, VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import type { SessionRecord } from '../../src/store/session-history-store.ts';
import type { Unread } from '../cluster/reading.ts';

/** An object that another one names: there, not there, or not for this caller's eyes. */
export type Seen<T> =
  | { readonly state: 'there'; readonly object: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unread' };

export interface TenantFact {
  readonly name: string;
  /** As in its status: `skald-gateway-0`, or `<namespace>/skald-gateway`. */
  readonly gateway?: string;
  readonly conditions: readonly Condition[];
  readonly admissionTimeoutSeconds: number;
}

export interface CampaignFact {
  readonly name: string;
  readonly conditions: readonly Condition[];
}

export interface EventFact {
  /** RFC 3339: when it first happened. */
  readonly at: string;
  /** When it last happened, where it happened more than once. */
  readonly until?: string;
  readonly times: number;
  /** `VoiceSession friday`, `Pod friday-91d0c3a7-x2k9p`. */
  readonly object: string;
  readonly warning: boolean;
  readonly reason: string;
  readonly note: string;
}

export type Fault = 'Unschedulable' | 'ImageUnavailable' | 'ContainerFailed';

export interface PodFact {
  readonly name: string;
  readonly node?: string;
  readonly createdAt?: string;
  /** When the worker's container began. */
  readonly startedAt?: string;
  readonly state: 'pending' | 'running' | 'ended';
  readonly fault?: { readonly reason: Fault; readonly message: string };
  readonly exit?: { readonly code: number; readonly reason: string; readonly at?: string };
  /** Restarts of the worker's container. */
  readonly restarts: number;
}

export interface JobFact {
  readonly name: string;
  readonly createdAt?: string;
  readonly finished?: {
    readonly at: string;
    readonly failed: boolean;
    readonly reason: string;
    readonly message: string;
  };
}

export type LogSource = 'operator' | 'gateway' | 'worker';

export interface LogLine {
  readonly at: string;
  readonly source: LogSource;
  readonly pod: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
}

/** A program of the installation: how many of its pods are ready. */
export interface ProgramFact {
  readonly name: string;
  readonly ready: number;
  readonly wanted: number;
}

export interface Observation {
  readonly namespace: string;
  readonly name: string;
  readonly now: Date;
  readonly systemNamespace: string;
  /** Undefined: there is none of this name. */
  readonly session: Live<VoiceSession> | undefined;
  readonly tenant: Seen<TenantFact>;
  readonly campaign: Seen<CampaignFact>;
  readonly job: JobFact | undefined;
  /** Oldest first. */
  readonly pods: readonly PodFact[];
  readonly events: readonly EventFact[];
  readonly logs: readonly LogLine[];
  /** Newest first: sessions of this name that the database knows. */
  readonly records: readonly SessionRecord[];
  readonly operator: ProgramFact | undefined;
  readonly gateway: ProgramFact | undefined;
  /** Campaigns of the namespace, when the session's is absent. */
  readonly campaigns: readonly string[];
  readonly unread: readonly Unread[];
}
