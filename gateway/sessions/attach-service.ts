/**
 * GatewayService.Attach and StatusService on the wire: who calls, the first message, and then everything is the
 * session's.
 */
import { type handleUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import { type Caller, callerOf } from '../../src/rpc/caller.ts';
import type {
  AttachRequest,
  GatewayServiceServer,
  GetTenantStatusRequest,
  GetTenantStatusResponse,
  Hello,
  StatusServiceServer,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Identity, TrustDomain } from '../../src/rpc/identity.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { ConnectionMetrics } from '../connections/metrics.ts';
import type { Refusals } from '../connections/refusals.ts';
import type { Admission } from './admission.ts';
import type { ParkingLot } from './parking.ts';
import type { SessionRuntime } from './session-runtime.ts';
import { type AttachCall, WorkerCall } from './worker-call.ts';

/** How long a stream may stay silent before its first message, milliseconds. */
const HELLO_TIMEOUT_MS = 10_000;

export interface AttachServiceOptions {
  readonly trustDomain: TrustDomain;
  readonly log: Logger;
  readonly refusals: Refusals;
  readonly metrics: ConnectionMetrics;
  readonly admit: (identity: Identity | undefined, hello: Hello) => Admission;
  /** The runtime of a session that was admitted. */
  readonly runtime: (admission: Extract<Admission, { kind: 'serve' }>) => SessionRuntime;
  /** Where a warm worker of this tenant waits. */
  readonly parking: (admission: Extract<Admission, { kind: 'park' }>) => ParkingLot;
}

export function attachService(options: AttachServiceOptions): GatewayServiceServer {
  return { attach: (call) => serve(call, options) };
}

function serve(call: AttachCall, options: AttachServiceOptions): void {
  let runtime: SessionRuntime | undefined;
  let leaveParking: (() => void) | undefined;
  let hello: Hello | undefined;
  const { log, refusals, metrics } = options;
  const caller = callerOf(call, options.trustDomain);
  const { identity, peer } = caller;
  const closed = metrics.opened(peer.notAfter);

  const stream = new WorkerCall(call, {
    notAfter: peer.notAfter,
    onEnd: () => {
      clearTimeout(helloTimer);
      closed();
      leaveParking?.();
      runtime?.detach(stream);
    },
    onExpired: () => {
      metrics.ended('expired');
      log.warn({ peer: identity?.id, serial: peer.serial }, 'A stream ends with its certificate');
    },
    onHandedOver: (tookMs) => {
      metrics.handedOver();
      log.info(
        { peer: identity?.id, serial: peer.serial, tookMs: Math.round(tookMs) },
        'A stream was handed over',
      );
    },
  });
  const helloTimer = setTimeout(() => {
    stream.end(status.INVALID_ARGUMENT, `no Hello within ${HELLO_TIMEOUT_MS} ms`);
  }, HELLO_TIMEOUT_MS);
  if (hasExpired(caller)) {
    refusals.report('certificate_expired', peer, 'the connection is older than its certificate may be');
    stream.end(status.UNAVAILABLE, 'the certificate of this connection has expired; dial with a newer one');
    return;
  }

  function receive({ message }: AttachRequest): void {
    // A message of a newer worker that this build does not know has no case: ignored.
    if (stream.over || message === undefined) return;
    if (runtime !== undefined) {
      if (message.$case === 'hello') stream.end(status.INVALID_ARGUMENT, 'Hello was sent twice');
      else runtime.receive(stream, message);
      return;
    }
    // What a parked worker may say concerns nobody.
    if (hello !== undefined && message.$case !== 'hello') return;
    if (hello !== undefined) {
      stream.end(status.INVALID_ARGUMENT, 'Hello was sent twice');
      return;
    }
    if (message.$case !== 'hello') {
      stream.end(status.INVALID_ARGUMENT, `the first message must be Hello, not ${message.$case}`);
      return;
    }
    clearTimeout(helloTimer);
    hello = message.value;
    admit(message.value);
  }

  function admit(from: Hello): void {
    const admission = options.admit(identity, from);
    const who = { peer: identity?.id ?? 'no identity', pod: from.podName, serial: peer.serial };
    if (admission.kind === 'serve') {
      leaveParking?.();
      leaveParking = undefined;
      runtime = options.runtime(admission);
      const how = runtime.attach(stream, from);
      log.info(
        { ...who, notAfter: peer.notAfter, session: admission.session.metadata.name },
        how === 'resumed' ? 'Worker moved to this stream' : 'Stream serves a session',
      );
      return;
    }
    if (admission.kind === 'park') {
      // Told once: what is not to be served yet stays where it is.
      if (leaveParking === undefined) park(admission, from, who);
      return;
    }
    if (admission.kind === 'redirect') {
      log.info({ ...who, address: admission.address }, 'Worker redirected');
      stream.send({ $case: 'redirect', value: { address: admission.address } });
      stream.end();
      return;
    }
    refusals.report(admission.reason, { ...peer, pod: from.podName }, admission.message);
    stream.end(admission.code, admission.message);
  }

  function park(admission: Extract<Admission, { kind: 'park' }>, from: Hello, who: object): void {
    const lot = options.parking(admission);
    const worker = { podUid: from.podUid, stream, reconsider: () => admit(from) };
    leaveParking = () => lot.leave(admission.jobName, worker);
    const how = lot.park(admission.jobName, worker, from.takesOver === true);
    log.info(
      { ...who, notAfter: peer.notAfter },
      how === 'resumed' ? 'Warm worker moved to this stream' : 'Warm worker parked',
    );
  }

  call.on('data', (request: AttachRequest) => {
    try {
      receive(request);
    } catch (error) {
      // Thrown out of here it would end the process, and with it the sessions of all other tenants.
      log.error({ err: error, peer: identity?.id }, 'A message of a worker could not be handled');
      stream.end(status.INTERNAL, 'the gateway failed; see its log');
    }
  });
  call.on('end', () => stream.end());
  call.on('cancelled', () => stream.end(status.CANCELLED, 'cancelled'));
  call.on('error', () => stream.end(status.CANCELLED, 'the stream broke'));
}

function hasExpired({ peer }: Caller): boolean {
  return peer.notAfter !== undefined && peer.notAfter.getTime() <= Date.now();
}

export interface StatusServiceOptions {
  readonly trustDomain: TrustDomain;
  readonly refusals: Refusals;
  readonly statusOf: (tenant: string) => GetTenantStatusResponse;
}

export function statusService(options: StatusServiceOptions): StatusServiceServer {
  const getTenantStatus: handleUnaryCall<GetTenantStatusRequest, GetTenantStatusResponse> = (
    call,
    callback,
  ) => {
    const caller = callerOf(call, options.trustDomain);
    const { identity, peer } = caller;
    const refuse = (refusal: Partial<ServiceError>) => callback(refusal);
    if (hasExpired(caller)) {
      options.refusals.report(
        'certificate_expired',
        peer,
        'the connection is older than its certificate may be',
      );
      refuse({ code: status.UNAVAILABLE, details: 'the certificate of this connection has expired' });
    } else if (identity?.kind !== 'operator') {
      const unknown = identity === undefined;
      const details = 'only the operator may ask';
      options.refusals.report(unknown ? 'no_identity' : 'wrong_identity', peer, details);
      refuse({ code: unknown ? status.UNAUTHENTICATED : status.PERMISSION_DENIED, details });
    } else {
      callback(null, options.statusOf(call.request.tenant));
    }
  };
  return { getTenantStatus };
}
