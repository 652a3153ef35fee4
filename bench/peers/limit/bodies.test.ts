import { expect, test } from 'vitest';
import { activeStatus, sessionSecret, workerJob } from '../workload.ts';
import { bodiesFor } from './bodies.ts';

const line = {
  name: 'evening',
  uid: '8c8b8a54-0000-4000-8000-000000000001',
  resourceVersion: '77',
  revision: 3,
};
const parent = { namespace: 'bench', name: line.name, uid: line.uid };
const bodies = bodiesFor('bench');

test('joined texts are the objects that the others send', () => {
  expect(JSON.parse(bodies.secret(line))).toEqual(sessionSecret(parent));
  expect(JSON.parse(bodies.job(line))).toEqual(workerJob(parent));
});

test('the status is written to the version that was told', () => {
  expect(JSON.parse(bodies.status(line))).toEqual({
    apiVersion: 'bench.skald.dev/v1',
    kind: 'Session',
    metadata: { name: 'evening', namespace: 'bench', resourceVersion: '77' },
    status: activeStatus('evening', 3),
  });
});
