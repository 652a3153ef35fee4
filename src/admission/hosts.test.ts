import { describe, expect, test } from 'vitest';
import { tenant as base } from '../../controller/voicesession/fixtures.ts';
import type { Tenant } from '../api/index.ts';
import { hostProblem, reachOf } from './hosts.ts';

function tenant(providers: Tenant['spec']['providers']): Pick<Tenant, 'spec'> {
  return { spec: { ...base.spec, providers } };
}

const OWN = tenant({
  llm: { kind: 'openai', baseURL: 'http://vllm.models.svc:8000/v1' },
  tts: {
    kind: 'openai',
    baseURL: 'http://127.0.0.1:9000/v1',
    fallback: { kind: 'openai', baseURL: 'http://second.models.svc/v1' },
  },
  allowedHosts: ['ok.example.com', 'GPU.example.com:8000', '10.2.3.4', '127.0.0.1', 'kubernetes.default.svc'],
});

describe('a Campaign can use', () => {
  test.each([
    'https://ok.example.com/v1',
    'https://OK.example.com:443/v1',
    'https://ok%2eexample.com/v1',
    'https://ｏｋ.example.com/v1',
    'http://gpu.example.com:8000/v1',
    'http://10.2.3.4/v1',
    'http://vllm.models.svc:8000/other',
    'http://127.0.0.1:9000/v1',
  ])('%s', (url) => expect(hostProblem('f', url, OWN)).toBeUndefined());
});

describe('a Campaign cannot use', () => {
  test.each([
    ['https://evil.example.com/v1', 'is not in'],
    ['https://ok.example.com.evil.com/v1', 'is not in'],
    ['https://evil.com\\@ok.example.com/v1', 'is not in'],
    ['https://ok.example.com./v1', 'is not in'],
    ['https://ok.example.com:444/v1', undefined],
    ['https://оk.example.com/v1', 'is not in'],
    ['https://user@ok.example.com/v1', 'user name or a password'],
    ['https://ok.example.com:secret@ok.example.com/v1', 'user name or a password'],
    ['https://ok.example.com%00.evil.com/', 'is not a URL'],
    ['http://10.2.3.5/v1', 'is not in'],
    ['http://0x7f.1/v1', 'is inside'],
    ['http://127.0.0.1/v1', 'is inside'],
    ['http://[::ffff:169.254.169.254]/', 'is inside'],
    ['http://[64:ff9b::a9fe:a9fe]/', 'is inside'],
    ['http://kubernetes.default.svc/', 'is inside'],
    ['http://kubernetes.default/', 'is inside'],
    ['http://KUBERNETES.DEFAULT../', 'is inside'],
    ['http://api/', 'is inside'],
    ['http://db.skald-t-other/', 'is inside'],
    ['http://10-1-2-3.default.pod.cluster.local/', 'is inside'],
    ['http://a.svc.my.domain/', 'is inside'],
    ['http://metadata.google.internal/', 'is inside'],
  ])('%s', (url, why) => {
    // A host without a port in allowedHosts stands for all of its ports.
    if (why === undefined) expect(hostProblem('f', url, OWN)).toBeUndefined();
    else expect(hostProblem('f', url, OWN)).toContain(why);
  });

  test('and is not told the password that it wrote', () => {
    expect(hostProblem('f', 'https://u:hunter2@ok.example.com/', OWN)).not.toContain('hunter2');
  });
});

describe('the reach', () => {
  test.each([
    ['of nobody’s endpoint, the provider’s default', undefined, tenant({}), 'public'],
    ['of the Tenant’s own name', 'http://vllm.models.svc:8000/v1', OWN, 'private'],
    ['of the Tenant’s own name, written by the Campaign', 'http://vllm.models.svc:8000/v2', OWN, 'private'],
    ['of the name of a Tenant’s fallback', 'http://second.models.svc/v1', OWN, 'private'],
    ['of the Tenant’s own address', 'http://127.0.0.1:9000/v1', OWN, 'any'],
    ['of an allowed name', 'https://ok.example.com/v1', OWN, 'private'],
    ['of an allowed address', 'http://10.2.3.4/v1', OWN, 'private'],
    ['of anything else, should it come so far', 'https://evil.example.com/v1', OWN, 'public'],
    ['of no URL', 'https://', OWN, 'public'],
  ])('%s', (_what, url, own, reach) => expect(reachOf(url, own)).toBe(reach));
});
