import { describe, expect, it, test } from 'vitest';
import { endOfTurn } from './end-of-turn.ts';

const NAMES = ['Greta', 'Bruno', 'Thoradin Ironbeard', 'Wilhelmine'];

/** Finished: 0.85 and more. Open: nobody can tell. Going on: 0.35 and less. */
const kindOf = (score: number) => (score >= 0.85 ? 'finished' : score <= 0.35 ? 'going on' : 'open');

describe('English', () => {
  test.each<[string, string]>([
    ['Greta, two ales please.', 'finished'],
    ['What is on the menu tonight?', 'finished'],
    ['what is on the menu tonight', 'finished'],
    ['greta how much is it', 'finished'],
    ['Can you mend my sword', 'finished'],
    ['Open the gate!', 'finished'],
    ['Yes.', 'finished'],
    ['no', 'finished'],
    ['Stop!', 'finished'],
    ['wait', 'finished'],
    ['Thank you.', 'finished'],
    ['Yes, we did.', 'finished'],
    ['Come in.', 'finished'],
    ['I would like a room for three nights.', 'finished'],
    ['We came from the mountains, because it snowed.', 'finished'],
    ['i would like a room', 'open'],
    ['we have no coin left', 'open'],
    ['two ales', 'open'],
    ['Greta', 'going on'],
    ['Hey Bruno', 'going on'],
    ['hello thoradin ironbeard', 'going on'],
    ['I would like to', 'going on'],
    ['I would like to.', 'going on'],
    ['Greta, do you have a', 'going on'],
    ['We need a room and', 'going on'],
    ['we were wondering if', 'going on'],
    ['I was looking for, um', 'going on'],
    ['So, uh.', 'going on'],
    ['If we go to the castle', 'going on'],
    ['When the sun sets', 'going on'],
    ['Well', 'going on'],
    ['I think that...', 'going on'],
    ['First we need rope,', 'going on'],
    ['He went to the', 'going on'],
    ['tell me about your', 'going on'],
    ['the price of the sword is', 'going on'],
  ])('%s: %s', (text, kind) => {
    expect(kindOf(endOfTurn(text, 'en-GB', NAMES))).toBe(kind);
  });
});

describe('German', () => {
  test.each<[string, string]>([
    ['Wilhelmine, zwei Bier bitte.', 'finished'],
    ['Was kostet das Zimmer?', 'finished'],
    ['was kostet das zimmer', 'finished'],
    ['wilhelmine hast du noch ein zimmer', 'finished'],
    ['Ja.', 'finished'],
    ['nein danke', 'finished'],
    ['Halt!', 'finished'],
    ['Mach das Tor auf!', 'finished'],
    ['Komm mit.', 'finished'],
    ['was meint ihr', 'finished'],
    ['Wir kommen aus dem Norden.', 'finished'],
    ['wir kommen aus dem norden', 'open'],
    ['Wilhelmine', 'going on'],
    ['Hallo Wilhelmine', 'going on'],
    ['Ich hätte gern ein', 'going on'],
    ['Wir suchen den', 'going on'],
    ['Wir wollen in die Stadt und', 'going on'],
    ['ich wollte fragen ob', 'going on'],
    ['Wenn wir morgen aufbrechen', 'going on'],
    ['Weil er gestern nicht.', 'going on'],
    ['Also wir, äh', 'going on'],
    ['naja', 'going on'],
    ['Ich habe gehört, dass', 'going on'],
    ['Er kam aus …', 'going on'],
  ])('%s: %s', (text, kind) => {
    expect(kindOf(endOfTurn(text, 'de', NAMES))).toBe(kind);
  });
});

describe('any other language', () => {
  it('goes by punctuation and fillers', () => {
    expect(kindOf(endOfTurn('Où est la taverne ?', 'fr'))).toBe('finished');
    expect(kindOf(endOfTurn('Je voudrais une chambre.', 'fr'))).toBe('finished');
    expect(kindOf(endOfTurn('je voudrais une', ''))).toBe('open');
    expect(kindOf(endOfTurn('je voudrais, hm', 'fr'))).toBe('going on');
    expect(endOfTurn('', 'en')).toBe(endOfTurn('...', ''));
  });
});
