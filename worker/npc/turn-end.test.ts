import { expect, test } from 'vitest';
import { spokenOf, type TurnEnd } from './turn-end.ts';

test.each<[TurnEnd, string]>([
  [{ kind: 'spoken' }, ''],
  [{ kind: 'cut', why: 'barge-in' }, 'Interrupted'],
  [{ kind: 'unheard' }, 'NoVoice'],
  [{ kind: 'dropped', reason: 'Muted' }, 'Muted'],
  [{ kind: 'dropped', reason: 'TooMany' }, 'TooMany'],
  [{ kind: 'dropped', reason: 'Stale' }, 'TooMany'],
  [{ kind: 'dropped', reason: 'Stopped' }, 'Interrupted'],
  [{ kind: 'dropped', reason: 'Ending' }, 'Ending'],
  [{ kind: 'failed', why: 'The provider does not answer.' }, 'Failed'],
])('%j is told as %j', (end, reason) => {
  const spoken = spokenOf(end);
  expect(spoken.reason).toBe(reason);
  // A sentence for whoever reads the log, unless all is well.
  expect(spoken.error === '').toBe(reason === '');
  expect(spoken.error).not.toContain('undefined');
});
