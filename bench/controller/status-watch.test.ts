import { expect, test } from 'vitest';
import { parseDepth } from './queue-sampler.ts';
import { readLine } from './status-watch.ts';

const line = (status: object | undefined): string =>
  JSON.stringify({
    type: 'MODIFIED',
    object: {
      apiVersion: 'bench.skald.dev/v1',
      kind: 'Session',
      metadata: {
        managedFields: [{ fieldsV1: { 'f:status': { 'f:observedRevision': {} } }, manager: 'x' }],
        name: 'backlog-000001',
        namespace: 'bench',
      },
      spec: { note: '"status":{"observedRevision":9', revision: 3 },
      ...(status ? { status } : {}),
    },
  });

test('a status is read from a line of the watch without parsing it', () => {
  expect(readLine(line({ jobName: 'a', observedRevision: 3, phase: 'Active' }))).toEqual({
    name: 'backlog-000001',
    revision: 3,
  });
});

test('an object without a status says nothing, whatever its spec quotes', () => {
  expect(readLine(line(undefined))).toBeUndefined();
  expect(readLine('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}')).toBeUndefined();
});

test('the depth of a queue is read from the contender’s metrics, and missing metrics are an error', () => {
  expect(parseDepth('workqueue_depth{name="sessions"} 7\nworkqueue_depth{name="other"} 2\n')).toBe(9);
  expect(() => parseDepth('up 1\n')).toThrow('workqueue_depth');
});
