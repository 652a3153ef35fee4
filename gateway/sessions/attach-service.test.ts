import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { DEFAULT_TRUST_DOMAIN } from '../../src/rpc/identity.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { noConnectionMetrics } from '../connections/metrics.ts';
import { Refusals } from '../connections/refusals.ts';
import { attachService } from './attach-service.ts';
import { aSession, aTenant } from './fixtures.ts';
import { ParkingLot } from './parking.ts';
import type { SessionRuntime } from './session-runtime.ts';
import type { WorkerStream } from './worker-call.ts';

/** A stream of a worker that has said Hello, with what the gateway wrote and how it ended. */
function attached(runtime: { receive?: () => void } = {}) {
  let stream: WorkerStream | undefined;
  const served = {
    attach: (given: WorkerStream) => {
      stream = given;
    },
    detach: () => {},
    receive: () => {},
    ...runtime,
  };
  const service = attachService({
    trustDomain: DEFAULT_TRUST_DOMAIN,
    log: silentLogger(),
    refusals: new Refusals(silentLogger(), noConnectionMetrics),
    metrics: noConnectionMetrics,
    admit: () => ({ kind: 'serve', session: aSession(), tenant: aTenant() }),
    runtime: () => served as unknown as SessionRuntime,
    parking: () => new ParkingLot(),
  });
  const written: unknown[] = [];
  const errors: { code: status }[] = [];
  const call = Object.assign(new EventEmitter(), {
    getAuthContext: () => ({}),
    getPeer: () => '10.0.0.1:4711',
    // Nothing is ever read at the other end.
    write: (message: unknown) => written.push(message),
    end: () => {},
  });
  Object.defineProperty(call, 'writableLength', { get: () => written.length });
  call.on('error', (error) => errors.push(error));
  service.attach(call as unknown as Parameters<typeof service.attach>[0]);
  const hello = { protocolVersion: 1, podName: 'p', podUid: 'u', buildSha: '' };
  call.emit('data', { message: { $case: 'hello', value: hello } });
  if (stream === undefined) throw new Error('not attached');
  return { call, stream, written, errors };
}

test("a fault in handling one worker's message ends its stream, not the process", () => {
  const { call, errors } = attached({
    receive: () => {
      throw new Error('a bug');
    },
  });
  call.emit('data', { message: { $case: 'stopRequest', value: { reason: 'Idle', message: '' } } });
  expect(errors).toEqual([{ code: status.INTERNAL, details: 'the gateway failed; see its log' }]);
});

test('a worker that reads nothing is sent away before its messages fill the memory', () => {
  const { stream, written, errors } = attached();
  for (let count = 0; count < 10_000; count += 1) stream.send({ $case: 'rejoinVoice', value: {} });
  expect(written.length).toBeLessThan(1_000);
  expect(errors).toMatchObject([{ code: status.UNAVAILABLE }]);
});
