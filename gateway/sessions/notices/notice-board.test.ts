import { describe, expect, test } from 'vitest';
import type { GatewayMessage } from '../../../src/rpc/attach-client.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { NoticeBoard } from './notice-board.ts';

function board(present: readonly string[], broken = false) {
  const written: { text: string; mentions: readonly string[] }[] = [];
  const sent: GatewayMessage[] = [];
  const notices = new NoticeBoard({
    log: silentLogger(),
    present: () => present,
    consent: (mentioned) => `notice for ${mentioned.length === 0 ? 'all' : mentioned.join(' ')}`,
    write: async (text, mentions) => {
      if (broken) throw new Error('Missing Permissions');
      written.push({ text, mentions });
    },
    send: (message) => sent.push(message),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { notices, written, sent, settled };
}
const state = (change: { tell?: string[]; told?: string[]; spoken?: boolean }) => ({
  tell: change.tell ?? [],
  told: change.told ?? [],
  spoken: change.spoken ?? false,
});

describe('the consent notice', () => {
  test('is written once for all who are there, then once for each who joins, by name', async () => {
    const { notices, written, sent, settled } = board(['1', '2', '3']);
    notices.onState(state({ tell: ['1', '2'] }));
    // Again before Discord has answered.
    notices.onState(state({ tell: ['1', '2'] }));
    await settled();
    notices.onState(state({ tell: ['3'], told: ['1', '2'] }));
    await settled();
    notices.onState(state({ tell: ['3'] }));
    await settled();
    expect(written).toEqual([
      { text: 'notice for all', mentions: [] },
      { text: 'notice for 3', mentions: ['3'] },
    ]);
    expect(sent.map(({ value }) => value)).toEqual([
      { told: ['1', '2'], notTold: [], spoken: false },
      { told: ['3'], notTold: [], spoken: false },
      // It had been told: the worker is told so, and nothing is written.
      { told: ['3'], notTold: [], spoken: false },
    ]);
  });

  test('goes to nobody who is not in the channel', async () => {
    const { notices, written, settled } = board(['1']);
    notices.onState(state({ tell: ['666'] }));
    await settled();
    expect(written).toEqual([]);
  });

  test('that cannot be written is the worker’s to say', async () => {
    const { notices, sent, settled } = board(['1'], true);
    notices.onState(state({ tell: ['1'] }));
    await settled();
    expect(sent).toEqual([{ $case: 'noticed', value: { told: [], notTold: ['1'], spoken: false } }]);
  });

  test('is not repeated for a new process of the worker, nor by a new gateway', async () => {
    const { notices, sent, written, settled } = board(['1', '2']);
    notices.greet();
    expect(sent).toEqual([]);
    // What the worker of an earlier gateway knows.
    notices.onState(state({ told: ['1'], spoken: true }));
    notices.greet();
    expect(sent).toEqual([{ $case: 'noticed', value: { told: ['1'], notTold: [], spoken: true } }]);
    notices.onState(state({ tell: ['2'], told: ['1'], spoken: true }));
    await settled();
    expect(written).toEqual([{ text: 'notice for 2', mentions: ['2'] }]);
  });
});
