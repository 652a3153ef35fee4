import { describe, expect, it } from 'vitest';
import { Floor, type FloorRequest } from './floor.ts';

function setUp() {
  const clock = { now: 0 };
  const floor = new Floor(() => clock.now);
  const log: string[] = [];
  const done = new Map<string, () => void>();
  const ask = (name: string, priority: FloorRequest['priority'] = 'reply'): void =>
    floor.ask({
      speaker: name,
      priority,
      run: async (signal) => {
        log.push(`${name} speaks`);
        await new Promise<void>((resolve) => {
          done.set(name, resolve);
          signal.addEventListener('abort', () => {
            log.push(`${name} cut: ${signal.reason.message}`);
            resolve();
          });
        });
      },
      finish: () => log.push(`${name} finishes`),
      dropped: (reason) => log.push(`${name} dropped: ${reason}`),
    });
  const end = async (name: string): Promise<void> => {
    done.get(name)?.();
    await settled();
  };
  return { clock, floor, log, ask, end };
}

const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await Promise.resolve();
};

describe('Floor', () => {
  it('lets one speak at a time, in order', async () => {
    const { log, ask, end } = setUp();
    ask('a');
    ask('b');
    expect(log).toEqual(['a speaks']);
    await end('a');
    expect(log).toEqual(['a speaks', 'b speaks']);
  });

  it('gives an answer up that has waited too long, and not what the game master asked for', async () => {
    const { clock, log, ask, end } = setUp();
    ask('a');
    ask('old');
    ask('g', 'gameMaster');
    clock.now = 15_000;
    ask('fresh');
    clock.now = 21_000;
    await end('a');
    expect(log).toEqual(['a speaks', 'g speaks']);
    await end('g');
    expect(log.slice(2)).toEqual(['old dropped: Stale', 'fresh speaks']);
  });

  it('stops everything at once, and goes on with what is asked then', async () => {
    const { floor, log, ask } = setUp();
    ask('a');
    ask('b');
    ask('g', 'gameMaster');
    floor.stop(new Error('stop'));
    await settled();
    expect(log).toEqual(['a speaks', 'g dropped: Stopped', 'b dropped: Stopped', 'a cut: stop']);
    ask('c');
    expect(log.at(-1)).toBe('c speaks');
  });

  it("lets the game master's words go before answers that wait, in their own order", async () => {
    const { log, ask, end } = setUp();
    for (const name of ['a', 'b']) ask(name);
    for (const name of ['g1', 'g2']) ask(name, 'gameMaster');
    for (const name of ['a', 'g1', 'g2']) await end(name);
    expect(log).toEqual(['a speaks', 'g1 speaks', 'g2 speaks', 'b speaks']);
  });

  it('silences who speaks and what waits for them, and nobody else', async () => {
    const { floor, log, ask } = setUp();
    for (const name of ['a', 'b', 'c', 'b']) ask(name);
    floor.silence(new Set(['b']));
    expect(log).toEqual(['a speaks', 'b dropped: Muted', 'b dropped: Muted']);
    log.length = 0;
    floor.silence(new Set(['a']));
    await settled();
    expect(log).toEqual(['a cut: muted', 'c speaks']);
  });

  it('cuts only who speaks, and goes on with the next', async () => {
    const { floor, log, ask } = setUp();
    ask('a');
    ask('b');
    floor.cut(new Error('barge-in'));
    await settled();
    expect(log).toEqual(['a speaks', 'a cut: barge-in', 'b speaks']);
  });

  it('drops the oldest answer when too many wait', () => {
    const { log, ask } = setUp();
    for (const name of 'abcdefgh') ask(name);
    expect(log).toEqual(['a speaks', 'b dropped: TooMany']);
  });

  it('ends with the sentence that is being spoken, and drops what waits', async () => {
    const { floor, log, ask, end } = setUp();
    ask('a');
    ask('b');
    const closed = floor.close(60_000);
    expect(log).toEqual(['a speaks', 'b dropped: Ending', 'a finishes']);
    await end('a');
    await closed;
    ask('c');
    expect(log.at(-1)).toBe('c dropped: Ending');
  });

  it('cuts when the sentence does not end in time', async () => {
    const { floor, log, ask } = setUp();
    ask('a');
    await floor.close(0);
    expect(log.at(-1)).toBe('a cut: the session is ending');
  });
});
