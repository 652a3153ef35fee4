import { describe, expect, it } from 'vitest';
import { isBackchannel } from './backchannels.ts';

describe('a backchannel', () => {
  it.each([
    ...[
      'Mhm.',
      'mm-hmm',
      'Yeah.',
      'yeah yeah',
      'Okay, okay.',
      'uh huh',
      'I see.',
      'Of course.',
      'Wow!',
      'Oh really?',
    ],
    ...['Ja.', 'Ja, genau.', 'Ach so.', 'stimmt', 'Hm, klar.', 'Echt?', 'Ich verstehe.', '…', ''],
  ])('is %j', (text) => {
    expect(isBackchannel(text)).toBe(true);
  });

  it.each([
    ...[
      'No.',
      'Wait!',
      'Stop.',
      'Yes, but what about the mine?',
      'Greta!',
      'okay Bruno your turn',
      'I go on alone',
    ],
    ...['Nein.', 'Halt!', 'Ja, aber was kostet das?', 'Genau das wollte ich auch gerade sagen'],
  ])('is not %j', (text) => {
    expect(isBackchannel(text)).toBe(false);
  });
});
