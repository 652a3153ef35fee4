import { expect, test } from 'vitest';
import { barsOf, type Measured, markdown, summarise } from './results.ts';

const ABOUT = {
  date: '2026-11-21T20:00:00.000Z',
  machine: { cores: 2, cpu: 'AMD EPYC', memoryGiB: 24, kernel: '6', node: 'v24', versions: {} },
};
const memory = { pss: 120, uss: 100, rss: 180, anonymous: 80 };
/** Endpointing 500 and the doubles' 150, 250 and 120 ms are in each response. */
const GOOD: Measured = {
  turns: [1040, 1045, 1050].map((responseMs) => ({
    responseMs,
    traceMs: responseMs - 4,
    stages: { sttMs: 155 },
  })),
  overshoot: [0.2, 0.4],
  bargeIns: [{ onsetToLastPacketMs: 290, decisionToLastPacketMs: 12 }],
  gaps: { '1': [20, 21], '25': [19, 24.9] },
  usage: {
    cpu: { talking: 4, listening1: 2, listening4: 7, silent: 0.4 },
    memory: { worker: memory, supervisor: memory },
  },
};

const missed = (change: Measured): string[] =>
  barsOf(summarise({ ...GOOD, ...change }, ABOUT)).flatMap(({ text, reached }) => (reached ? [] : [text]));

test('the own share is what is neither endpointing nor a double', () => {
  const { ownShare, endpointingMs, workerPssMB, pacing } = summarise(GOOD, ABOUT);
  expect(ownShare).toMatchObject({ p50Ms: 25, p95Ms: 30, turns: 3, traceDifference: { p95Ms: 4 } });
  expect(ownShare?.stages).toEqual({ sttMs: 155 });
  expect({ endpointingMs, workerPssMB }).toEqual({ endpointingMs: 500, workerPssMB: 120 });
  expect(pacing?.['25']).toEqual({ p50Ms: 19, p99Ms: 24.9, maxMs: 24.9, packets: 2 });
});

test('a bar that is missed is missed', () => {
  expect(missed({})).toEqual([]);
  expect(missed({ turns: [{ responseMs: 1051, traceMs: 1040, stages: {} }] })).toEqual([
    'own share of the response, p50: at most 30 ms',
    'trace and wire differ, p95: at most 10 ms',
  ]);
  expect(missed({ bargeIns: [{ onsetToLastPacketMs: 301, decisionToLastPacketMs: 41 }] })).toHaveLength(2);
  expect(missed({ gaps: { '5': [20, 25.2] } })).toHaveLength(1);
});

test('what was not asked for is neither a figure nor a bar', () => {
  const summary = summarise({ gaps: { '1': [20] } }, ABOUT);
  expect(Object.keys(summary).sort()).toEqual(['bench', 'date', 'endpointingMs', 'machine', 'pacing']);
  expect(barsOf(summary)).toHaveLength(1);
  expect(markdown(summary)).not.toContain('own share');
});
