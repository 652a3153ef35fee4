import { describe, expect, it } from 'vitest';
import { terminationMessage } from './result.ts';

const counters = {
  utterances: 2,
  replies: 1,
  bargeIns: 0,
  sttSeconds: 1.23456,
  llmTokens: 50,
  ttsCharacters: 80,
  spendUSD: 0.1 + 0.2,
};

describe('termination message', () => {
  it('holds the reason and what was used', () => {
    expect(JSON.parse(terminationMessage('Requested', '', counters, 'sessions/u'))).toEqual({
      endReason: 'Requested',
      ...counters,
      sttSeconds: 1.23,
      spendUSD: 0.3,
      transcriptRef: 'sessions/u',
    });
  });

  it('stays under 4 KiB whatever the message', () => {
    const text = terminationMessage('WorkerFailed', 'ü'.repeat(10_000), counters, undefined);
    expect(Buffer.byteLength(text)).toBeLessThan(4096);
    expect(JSON.parse(text).message).toHaveLength(1000);
  });
});
