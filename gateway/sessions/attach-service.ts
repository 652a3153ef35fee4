/**
 * GatewayService.Attach and StatusService on the wire: who calls, the first message, and then everything is the
 * session's.
 */
import {
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type {
  AttachRequest,
  AttachResponse,
  GatewayServiceServer,
  GetTenantStatusRequest,
  GetTenantStatusResponse,
  Hello,
  StatusServiceServer,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Identity, TrustDomain } from '../../src/rpc/identity.ts';
import { peerIdentity } from '../../src/rpc/server-credentials.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { Admission } from './admission.ts';
import type { ParkingLot } from './parking.ts';
import type { SessionRuntime, WorkerStream } from './session-runtime.ts';

/** How long a stream may stay silent before its first message, milliseconds. */
const HELLO_TIMEOUT_MS = 10_000;

/** Messages that may wait for a worker that does not read; a worker that dials again is told everything anew. */
const MAX_UNREAD_MESSAGES = 256;

export interface AttachServiceOptions {
  readonly trustDomain: TrustDomain;
  readonly log: Logger;
  readonly admit: (identity: Identity | undefined, hello: Hello) => Admission;
  /** The runtime of a session that was admitted. */
  readonly runtime: (admission: Extract<Admission, { kind: 'serve' }>) => SessionRuntime;
  /** Where a warm worker of this tenant waits. */
  readonly parking: (admission: Extract<Admission, { kind: 'park' }>) => ParkingLot;
}

type Call = ServerDuplexStream<AttachRequest, AttachResponse>;

export function attachService(options: AttachServiceOptions): GatewayServiceServer {
  return { attach: (call) => serve(call, options) };
}

function serve(call: Call, options: AttachServiceOptions): void {
  let runtime: SessionRuntime | undefined;
  let leaveParking: (() => void) | undefined;
  let hello: Hello | undefined;
  let over = false;
  const identity = peerIdentity(call, options.trustDomain);

  const stream: WorkerStream = {
    send: (message) => {
      if (over) return;
      if (call.writableLength >= MAX_UNREAD_MESSAGES) {
        finish(status.UNAVAILABLE, `${MAX_UNREAD_MESSAGES} messages were not read; dial again`);
        return;
      }
      call.write({ message });
    },
    end: (code, message) => finish(code, message),
  };
  const helloTimer = setTimeout(() => {
    finish(status.INVALID_ARGUMENT, `no Hello within ${HELLO_TIMEOUT_MS} ms`);
  }, HELLO_TIMEOUT_MS);

  function finish(code: status = status.OK, message = ''): void {
    if (over) return;
    over = true;
    clearTimeout(helloTimer);
    leaveParking?.();
    runtime?.detach(stream);
    if (code === status.OK) call.end();
    else call.emit('error', { code, details: message } satisfies Partial<StatusObject>);
  }

  function receive({ message }: AttachRequest): void {
    // A message of a newer worker that this build does not know has no case: ignored.
    if (over || message === undefined) return;
    if (runtime !== undefined) {
      if (message.$case === 'hello') finish(status.INVALID_ARGUMENT, 'Hello was sent twice');
      else runtime.receive(stream, message);
      return;
    }
    // What a parked worker may say concerns nobody.
    if (hello !== undefined && message.$case !== 'hello') return;
    if (hello !== undefined) {
      finish(status.INVALID_ARGUMENT, 'Hello was sent twice');
      return;
    }
    if (message.$case !== 'hello') {
      finish(status.INVALID_ARGUMENT, `the first message must be Hello, not ${message.$case}`);
      return;
    }
    clearTimeout(helloTimer);
    hello = message.value;
    admit(message.value);
  }

  function admit(from: Hello): void {
    const admission = options.admit(identity, from);
    if (admission.kind === 'serve') {
      leaveParking?.();
      leaveParking = undefined;
      runtime = options.runtime(admission);
      runtime.attach(stream, from);
      return;
    }
    const who = identity?.id ?? 'no identity';
    if (admission.kind === 'park') {
      // Told once: what is not to be served yet stays where it is.
      if (leaveParking === undefined) park(admission, from);
      return;
    }
    if (admission.kind === 'redirect') {
      options.log.info({ peer: who, address: admission.address }, 'Worker redirected');
      stream.send({ $case: 'redirect', value: { address: admission.address } });
      finish();
      return;
    }
    options.log.info(
      { peer: who, pod: from.podName, code: status[admission.code], why: admission.message },
      'Worker not served',
    );
    finish(admission.code, admission.message);
  }

  function park(admission: Extract<Admission, { kind: 'park' }>, from: Hello): void {
    const lot = options.parking(admission);
    const worker = { reconsider: () => admit(from), end: finish };
    leaveParking = () => lot.leave(admission.jobName, worker);
    options.log.info({ peer: identity?.id, pod: from.podName }, 'Warm worker parked');
    stream.send({ $case: 'parked', value: {} });
    lot.park(admission.jobName, worker);
  }

  call.on('data', (request: AttachRequest) => {
    try {
      receive(request);
    } catch (error) {
      // Thrown out of here it would end the process, and with it the sessions of all other tenants.
      options.log.error({ err: error, peer: identity?.id }, 'A message of a worker could not be handled');
      finish(status.INTERNAL, 'the gateway failed; see its log');
    }
  });
  call.on('end', () => finish());
  call.on('cancelled', () => finish(status.CANCELLED, 'cancelled'));
  call.on('error', () => finish(status.CANCELLED, 'the stream broke'));
}

export interface StatusServiceOptions {
  readonly trustDomain: TrustDomain;
  readonly statusOf: (tenant: string) => GetTenantStatusResponse;
}

export function statusService(options: StatusServiceOptions): StatusServiceServer {
  const getTenantStatus: handleUnaryCall<GetTenantStatusRequest, GetTenantStatusResponse> = (
    call,
    callback,
  ) => {
    const identity = peerIdentity(call, options.trustDomain);
    if (identity?.kind !== 'operator') {
      const refusal: Partial<ServiceError> = {
        code: identity === undefined ? status.UNAUTHENTICATED : status.PERMISSION_DENIED,
        details: 'only the operator may ask',
      };
      callback(refusal);
      return;
    }
    callback(null, options.statusOf(call.request.tenant));
  };
  return { getTenantStatus };
}
