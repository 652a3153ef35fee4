import { describe, expect, it } from 'vitest';
import { countReport } from './stages.ts';

describe('counting a vitest report', () => {
  it('counts passed, failed and skipped tests', () => {
    const report = JSON.stringify({
      numPassedTests: 3,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [{ status: 'failed', assertionResults: [{ status: 'failed' }] }],
    });
    expect(countReport(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const report = JSON.stringify({
      numPassedTests: 3,
      numFailedTests: 0,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [] },
      ],
    });
    expect(countReport(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('is a failure when the runner died without a report', () => {
    expect(countReport('', 137)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('is a failure when the runner exits non-zero though no test failed', () => {
    expect(countReport(JSON.stringify({ numPassedTests: 5, testResults: [] }), 1)).toEqual({
      passed: 5,
      failed: 1,
      skipped: 0,
    });
  });
});
