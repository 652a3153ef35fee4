import { expect, test } from 'vitest';
import { parseResult } from './addresses.ts';

const written = JSON.stringify({
  kind: 'cniCacheV1',
  cniArgs: [
    ['K8S_POD_NAMESPACE', 'skald-a'],
    ['K8S_POD_NAME', 'worker'],
    ['K8S_POD_UID', '737848f4'],
  ],
  result: { ips: [{ address: '10.244.0.5/24', gateway: '10.244.0.1' }] },
});

test('what CNI has written says whose address it is', () => {
  expect(parseResult(written)).toEqual({ uid: '737848f4', ip: '10.244.0.5' });
});

test('what is not written to its end, or is of no pod, says nothing', () => {
  expect(parseResult(written.slice(0, -20))).toBeUndefined();
  expect(parseResult('')).toBeUndefined();
  expect(parseResult('{"result":{"ips":[{"address":"10.244.0.5/24"}]}}')).toBeUndefined();
});
