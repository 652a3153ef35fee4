import { describe, expect, it } from 'vitest';
import { diceTool } from './dice-tool.ts';
import { limited, type NpcTool } from './tool.ts';

const never = new AbortController().signal;

function tool(run: NpcTool['run']): { tool: NpcTool; uses: unknown[] } {
  const uses: unknown[] = [];
  const own: NpcTool = { name: 'bell', description: 'Rings.', input: { type: 'object' }, run };
  return { tool: limited(own, ({ tool, error }) => uses.push({ tool, error }), 20), uses };
}

describe('a tool with a limit', () => {
  it('gives what it gives, and tells of it', async () => {
    const { tool: bell, uses } = tool(async (input) => `rang ${JSON.stringify(input)}`);
    expect(await bell.run({ times: 2 }, never)).toBe('rang {"times":2}');
    expect(uses).toEqual([{ tool: 'bell', error: undefined }]);
  });

  it('is not waited for longer, though it ignores its signal', async () => {
    const { tool: bell, uses } = tool(() => new Promise<string>(() => {}));
    await expect(bell.run({}, never)).rejects.toThrow('bell took longer than 20 ms');
    expect(uses).toEqual([{ tool: 'bell', error: 'bell took longer than 20 ms' }]);
  });

  it('says what failed', async () => {
    const { tool: bell, uses } = tool(async () => {
      throw new Error('the rope is torn');
    });
    await expect(bell.run({}, never)).rejects.toThrow('the rope is torn');
    expect(uses).toEqual([{ tool: 'bell', error: 'the rope is torn' }]);
  });

  it('ends when the answer is cut, which is no failure', async () => {
    const { tool: bell, uses } = tool(() => new Promise<string>(() => {}));
    const cut = new AbortController();
    const running = bell.run({}, cut.signal);
    cut.abort(new Error('barge-in'));
    await expect(running).rejects.toThrow('barge-in');
    expect(uses).toEqual([{ tool: 'bell', error: undefined }]);
  });
});

describe('the dice tool', () => {
  it.each([
    [{ dice: '2d1000' }, /^2d1000: \(\d+ \+ \d+\) = \d+$/],
    [
      { dice: 'd20+5', advantage: 'advantage' },
      /^2d20kh1\+5: \((\d+ \+ \[\d+ dropped\]|\[\d+ dropped\] \+ \d+)\) \+ 5 = \d+$/,
    ],
    [{ dice: '1d20', advantage: 'disadvantage' }, /^2d20kl1: /],
    [{ dice: 'd20', advantage: 'none' }, /^d20: \d+ = \d+$/],
  ])('rolls %j', async (input, shown) => {
    expect(await diceTool.run(input, never)).toMatch(shown);
  });

  it.each([
    [undefined, 'say which dice'],
    [{ dice: 20 }, 'say which dice'],
    [{ dice: 'many' }, 'no dice notation'],
    [{ dice: '2d20', advantage: 'advantage' }, 'advantage is for a single die'],
  ])('tells the model what is wrong with %j', async (input, words) => {
    await expect(diceTool.run(input, never)).rejects.toThrow(words);
  });
});
