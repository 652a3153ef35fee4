/**
 * Whether the gateway serves a stream: decided from the certificate's identity, the first message and the caches.
 * Pure, so that every refusal has a test.
 */
import { status } from '@grpc/grpc-js';
import { gatewayAddress, gatewayReference, parseGatewayReference } from '../../src/api/gateway-place.ts';
import type { Tenant } from '../../src/api/generated/tenant.ts';
import type { VoiceSession } from '../../src/api/generated/voicesession.ts';
import { isWarmJobName } from '../../src/api/names.ts';
import type { Live } from '../../src/kube/index.ts';
import { PROTOCOL_VERSION } from '../../src/rpc/attach-client.ts';
import type { Hello } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Identity } from '../../src/rpc/identity.ts';
import type { StreamRefusalReason } from '../connections/refusals.ts';

export interface AdmissionFacts {
  readonly identity: Identity | undefined;
  readonly hello: Hello;
  /** This gateway as Tenants name it, e.g. skald-gateway-0. */
  readonly gateway: string;
  /** Namespace of the slots' Services, and the port of all gateways' Services, for redirects. */
  readonly systemNamespace: string;
  readonly port: number;
  /** The tenant whose namespace the certificate names. */
  readonly tenant: Live<Tenant> | undefined;
  /** false: the tenant's caches are still filling, or its connection to Discord was never ready. */
  readonly ready: boolean;
  /** The session in that namespace whose status.worker.jobName is the certificate's Job. */
  readonly session: Live<VoiceSession> | undefined;
  /** UID of the pod that is attached for that session now. */
  readonly attachedPodUid: string | undefined;
}

export type Admission =
  | { readonly kind: 'serve'; readonly session: Live<VoiceSession>; readonly tenant: Live<Tenant> }
  /** A warm worker that no session has claimed. */
  | { readonly kind: 'park'; readonly tenant: Live<Tenant>; readonly jobName: string }
  | { readonly kind: 'redirect'; readonly address: string }
  | {
      readonly kind: 'refuse';
      readonly reason: StreamRefusalReason;
      readonly code: status;
      readonly message: string;
    };

export function admit(facts: AdmissionFacts): Admission {
  const { identity, hello, tenant, session } = facts;
  if (identity === undefined)
    return refuse('no_identity', status.UNAUTHENTICATED, 'the certificate holds no identity of Skald');
  if (identity.kind !== 'worker') {
    return refuse('wrong_identity', status.PERMISSION_DENIED, `${identity.id} is not a worker`);
  }
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    const message = `protocol version ${hello.protocolVersion} is not known here; this gateway speaks ${PROTOCOL_VERSION}`;
    return refuse('wrong_protocol', status.FAILED_PRECONDITION, message);
  }
  if (hello.podUid === '') return refuse('wrong_protocol', status.INVALID_ARGUMENT, 'Hello lacks pod_uid');

  const where = `namespace ${identity.namespace}`;
  if (tenant === undefined) return unavailable('unknown_tenant', `no tenant is known in ${where} yet`);
  const assigned = parseGatewayReference(tenant.status?.gateway);
  if (assigned === undefined) {
    return unavailable('unknown_tenant', `tenant ${tenant.metadata.name} has no gateway yet`);
  }
  if (gatewayReference(assigned) !== facts.gateway) {
    const template = `{gateway}.{namespace}.svc:${facts.port}`;
    return { kind: 'redirect', address: gatewayAddress(template, assigned, facts.systemNamespace) };
  }
  if (!facts.ready)
    return unavailable('not_ready', `tenant ${tenant.metadata.name} is still being connected`);
  if (session === undefined && isWarmJobName(identity.jobName)) {
    return { kind: 'park', tenant, jobName: identity.jobName };
  }
  if (session === undefined) {
    return unavailable('unknown_session', `no session in ${where} has the Job ${identity.jobName} yet`);
  }
  if (session.status?.phase === 'Ended' || session.status?.phase === 'Failed') {
    return refuse(
      'session_over',
      status.FAILED_PRECONDITION,
      `session ${session.metadata.name} is over (${session.status.phase})`,
    );
  }
  return admitPod(facts, session, tenant);
}

/** One pod at a time. The status decides once it names a pod: it is the operator's, and follows the Job. */
function admitPod(facts: AdmissionFacts, session: Live<VoiceSession>, tenant: Live<Tenant>): Admission {
  const { hello, attachedPodUid } = facts;
  const serve: Admission = { kind: 'serve', session, tenant };
  const wanted = session.status?.worker?.podUID;
  if (wanted === hello.podUid || attachedPodUid === hello.podUid) return serve;
  if (wanted !== undefined) {
    return unavailable(
      'other_pod',
      `the session's pod is ${wanted}; the status may not have followed to ${hello.podUid} yet`,
    );
  }
  if (attachedPodUid !== undefined) return unavailable('other_pod', 'another pod of this Job is attached');
  return serve;
}

function refuse(reason: StreamRefusalReason, code: status, message: string): Admission {
  return { kind: 'refuse', reason, code, message };
}

function unavailable(reason: StreamRefusalReason, message: string): Admission {
  return refuse(reason, status.UNAVAILABLE, message);
}
