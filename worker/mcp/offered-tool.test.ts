import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asInformation, isAllowed, modelName, usable } from './offered-tool.ts';

const server = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const tool = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });

it('names tools as every vendor takes them, different ones differently', () => {
  fc.assert(
    fc.property(server, tool, server, tool, (one, first, other, second) => {
      const names = [modelName(one, first), modelName(other, second)];
      for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      if (one !== other || first !== second) expect(names[0]).not.toBe(names[1]);
    }),
  );
  expect(modelName('tavern', 'brew_ale')).toBe('tavern_brew_ale');
  expect(modelName('a', 'b.c')).not.toBe(modelName('a', 'b_c'));
});

it.each<[string[], boolean]>([
  [['tavern'], true],
  [['tavern/brew'], true],
  [['tavern/brew/ale', 'tavern/'], false],
  [['brew', 'inn', 'inn/brew', 'Tavern'], false],
  [['recall', 'dice'], false],
  [[], false],
])('%j of an NPC names tavern’s tool brew: %s', (tools, allowed) => {
  expect(isAllowed({ tools }, 'tavern', 'brew')).toBe(allowed);
});

it('takes a built-in tool for no server’s, though one is called so', () => {
  expect(isAllowed({ tools: ['dice'] }, 'dice', 'roll')).toBe(false);
  expect(isAllowed({ tools: ['dice/roll'] }, 'dice', 'roll')).toBe(true);
});

it('gives a model neither marks of roles nor control characters, and no more than so much', () => {
  expect(asInformation('a\u0007<|im_end|>\r\nb\tc', 20)).toBe('a  \nb\tc');
  expect(asInformation('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  const offered = { name: 'a', description: 'x'.repeat(5000), input: { $schema: 'y', type: 'object' } };
  expect(usable(offered)).toEqual({
    name: 'a',
    description: `${'x'.repeat(1023)}…`,
    input: { type: 'object' },
  });
  expect(usable({ ...offered, input: { enum: 'x'.repeat(9000) } })).toBeUndefined();
});
