import type { Campaign, Profile, Tenant } from '../../src/api/index.ts';
import type { LiveSession } from '../resources.ts';
import type { MonthUse } from '../tenant/usage.ts';
import type { NodeView } from './node-view.ts';
import type { CertificateInUse } from './renewal.ts';
import type { JobView, PodView } from './worker-view.ts';

/** Everything that a decision about one session is made from. Plain values; nothing in it can act. */
export interface Observation {
  readonly now: Date;
  readonly session: LiveSession;
  /** The Tenant whose namespace this is. */
  readonly tenant: Pick<Tenant, 'spec' | 'status'> | undefined;
  readonly campaign: Pick<Campaign, 'metadata' | 'spec' | 'status'> | undefined;
  /** What counts against the tenant's hours of this month, this session included; undefined: they are not limited. */
  readonly monthUse: MonthUse | undefined;
  /** Sessions of the tenant that hold a place now, without this one and without recaps. */
  readonly otherActiveSessions: number;
  /** Recaps of the tenant that are being written, without this one. */
  readonly otherRecaps: number;
  /** Sessions of the tenant that wait for a place and came before this one. */
  readonly waitingBefore: number;
  readonly claims: Claims;
  readonly certificate: CertificateState;
  /** What is in the Secret of the session's Job; undefined: no Job, no Secret, or it is not known yet. */
  readonly inUse: CertificateInUse | undefined;
  readonly job: JobView | undefined;
  /** All pods of the session's Job, oldest first. */
  readonly pods: readonly PodView[];
  /** Why the API server does not let the worker be made, where that is known. */
  readonly refused: string | undefined;
  /** Containers that somebody else has made otherwise than the operator would, in the session's Job. */
  readonly madeOtherwise: readonly string[];
  /** Of the pod that serves; undefined when it has none, or the node is gone. */
  readonly node: NodeView | undefined;
  /** What the session used is in the Tenant's sums, or nobody adds it up: nothing is lost when it is gone. */
  readonly settled: boolean;
  /** Name of the Job of a warm worker that the session could claim; looked for while it is Pending. */
  readonly spare: string | undefined;
  /** True when this pass has removed Job, Secret, pod finalizers and claims. */
  readonly cleaned: boolean;
  readonly limits: SessionLimits;
}

/** What this pass knows of the Leases of the guild, the campaign and the tenant's place. */
export type Claims =
  | { readonly state: 'unknown' }
  | { readonly state: 'held' }
  | { readonly state: 'busy'; readonly what: 'guild' | 'campaign'; readonly holder: string }
  | { readonly state: 'busy'; readonly what: 'slot' };

export type CertificateState =
  | { readonly state: 'none' }
  | { readonly state: 'issued'; readonly notAfter: Date }
  | { readonly state: 'failed'; readonly message: string };

/** The installation's settings that decisions depend on. */
export interface SessionLimits {
  /** From admission to listening. */
  readonly startTimeoutSeconds: number;
  /** How long the gateway has to pass Stop before the pod gets SIGTERM. */
  readonly drainTimeoutSeconds: number;
  readonly terminationGracePeriodSeconds: number;
  /** How long a live session stays on a node that is being drained. */
  readonly moveAfterSeconds: number;
  /** Profiles whose images are configured. */
  readonly profiles: ReadonlySet<Profile>;
  /** Tenants have a schema for their transcripts. */
  readonly hasDatabase: boolean;
}
