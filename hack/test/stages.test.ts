import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countReport } from './stages.ts';

const file = (name: string, results: Record<string, string> = {}, status = 'passed') => ({
  name: join(process.cwd(), name),
  status,
  message: 'cannot be loaded\nat line 3',
  assertionResults: Object.entries(results).map(([fullName, message]) => ({
    fullName,
    status: message === '' ? 'passed' : 'failed',
    failureMessages: message === '' ? [] : [message],
  })),
});

describe('counting a vitest report', () => {
  it('counts passed, failed and skipped tests, and names the failed ones', () => {
    const report = JSON.stringify({
      numPassedTests: 3,
      numPendingTests: 2,
      testResults: [file('a.test.ts', { 'a is a': '', 'a is b': 'expected a\nto be b' }, 'failed')],
    });
    expect(countReport(report, 1)).toEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
      failures: ['a.test.ts: a is b: expected a'],
    });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const report = JSON.stringify({
      numPassedTests: 3,
      testResults: [file('a.test.ts', {}, 'failed'), file('b.test.ts', { b: '' })],
    });
    expect(countReport(report, 1)).toEqual({
      passed: 3,
      failed: 1,
      skipped: 0,
      failures: ['a.test.ts: cannot be loaded'],
    });
  });

  it('is a failure when the runner died without a report', () => {
    expect(countReport('', 137)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
  });

  it('is a failure when the runner exits non-zero though no test failed', () => {
    expect(countReport(JSON.stringify({ numPassedTests: 5, testResults: [] }), 1)).toEqual({
      passed: 5,
      failed: 1,
      skipped: 0,
      failures: ['no test failed, but the runner: exit 1'],
    });
  });
});
