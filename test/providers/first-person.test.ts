import { expect, it } from 'vitest';
import { inFirstPerson } from './first-person.ts';

it.each([
  ['Greta is warm, curious and quick to laugh', 'I am warm, curious and quick to laugh.'],
  ['She brews ale, and pours hot cider on cold nights', 'I brew ale.'],
  ['Greta fears rats and never sleeps', 'I fear rats.'],
  ['She laughs easily, but she never forgets', 'I laugh easily.'],
  ['Trusts what he can hold in his hands', 'I trust what I can hold in my hands.'],
  ['He remembers everyone who wrongs him', 'I remember everyone who wrongs me.'],
  ['He writes down what he hears', 'I write down what I hear.'],
  ['Never sells to goblins', 'I never sell to goblins.'],
  ['Knows every rumour in the valley and waters the ale', 'I know every rumour in the valley.'],
  ['You guard your bridge and you trust nobody', 'I guard my bridge.'],
  ['She sells you anything', 'I sell you anything.'],
  ["Greta's inn is always full", 'My inn is always full.'],
  ['His forge stands by the bridge', 'My forge stands by the bridge.'],
  ['Warm and curious', 'I am warm and curious.'],
  ['Gruff and proud of every blade', 'I am gruff and proud of every blade.'],
  ['Secretly afraid of the dark', 'I am secretly afraid of the dark.'],
  ['A retired soldier who limps', 'I am a retired soldier who limps.'],
  ['Nobody trusts Greta', 'Folk say this of me: Nobody trusts Greta.'],
  ['The king hates her', 'Folk say this of me: The king hates her.'],
  ['Kennt jeden im Dorf', 'Folk say this of me: Kennt jeden im Dorf.'],
])('%s: %s', (sentence, said) => {
  expect(inFirstPerson(sentence, 'Greta')).toBe(said);
});
