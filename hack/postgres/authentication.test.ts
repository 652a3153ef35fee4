import { describe, expect, test } from 'vitest';
import { hostBasedAuthentication } from './authentication.ts';

describe('pg_hba.conf', () => {
  test('asks everyone for a SCRAM password and names no network that was not asked for', () => {
    expect(hostBasedAuthentication('127.0.0.1', [])).toBe(
      'host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n',
    );
  });

  test('admits the own address and the networks of pods', () => {
    const text = hostBasedAuthentication('10.244.0.1', ['10.244.0.0/24']);
    expect(text).toContain('host all all 10.244.0.1/32 scram-sha-256');
    expect(text).toContain('host all all 10.244.0.0/24 scram-sha-256');
    expect(text).not.toContain('trust');
  });

  test.each(['10.244.0.0', '10.244.0.0/33', 'pods/24', '0.0.0.0/0 trust', ''])(
    'refuses "%s" as a network',
    (network) => {
      expect(() => hostBasedAuthentication('127.0.0.1', [network])).toThrow('CIDR');
    },
  );
});
