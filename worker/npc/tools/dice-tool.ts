/** Dice for a language model, which invents a number when it has none. */
import { roll } from './dice.ts';
import { inputText, type NpcTool } from './tool.ts';

export const diceTool: NpcTool = {
  name: 'dice',
  description:
    'Rolls dice. Use it whenever dice decide something or somebody asks for a roll; never make up a result. ' +
    'Returns every die and the sum, for example "2d6+3: (4 + 2) + 3 = 9".',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['dice'],
    properties: {
      dice: {
        type: 'string',
        description:
          'Dice notation: 2d6+3, d20, 4d6kh3 to keep the highest three, 2d20kl1 to keep the lowest.',
      },
      advantage: {
        type: 'string',
        enum: ['none', 'advantage', 'disadvantage'],
        description: 'A single die is rolled twice, and the higher or the lower one counts.',
      },
    },
  },
  run: async (input) => {
    const { dice, advantage } = wished(input);
    return roll(advantage === undefined ? dice : twice(dice, advantage)).shown;
  },
};

function wished(input: unknown): { dice: string; advantage: 'kh' | 'kl' | undefined } {
  const dice = inputText(input, 'dice');
  if (dice === undefined) throw new Error('say which dice, for example {"dice": "2d6+3"}');
  const way = inputText(input, 'advantage');
  return { dice, advantage: way === 'advantage' ? 'kh' : way === 'disadvantage' ? 'kl' : undefined };
}

/** `d20+5` with advantage is `2d20kh1+5`. @throws RangeError when the first term is not one die */
function twice(dice: string, keep: 'kh' | 'kl'): string {
  const first = /^\s*1?\s*([dw])\s*(\d+|%)(?!\d|\s*k)/i;
  if (!first.test(dice)) throw new RangeError('advantage is for a single die, such as d20+5');
  return dice.replace(first, `2d$2${keep}1`);
}
