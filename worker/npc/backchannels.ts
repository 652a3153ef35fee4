/**
 * Words that a listener says to show that they listen. Said into an NPC's speech they ask for nothing: whoever speaks
 * goes on. A recogniser writes the same sound in many ways.
 */
import { words } from '../../src/text/similarity.ts';

const BACKCHANNELS: ReadonlySet<string> = new Set(
  // No language in particular.
  (
    'm mm mmm hm hmm mhm mmhm mhmm hmhm uh um ah aha ahh oh ooh ohh eh huh ha haha hahaha hehe wow ok okay cool ' +
    // English. "no", "stop" and "wait" are meant to interrupt.
    'uhhuh yeah yep yup yes right sure really nice true indeed exactly interesting great good fine gotcha alright ' +
    'see got it i of course go on ' +
    // German.
    'ja jaja jep jo genau stimmt klar echt wirklich gut schön schon aha achso ach so soso verstehe ich krass stark ' +
    'richtig interessant na gerne'
  )
    .split(' ')
    .flatMap(words),
);

/** Nobody listens with more words than this. */
const MOST_WORDS = 4;

/** Whether it is nothing but a sign of listening. No words at all are one, too: laughter, a cough. */
export function isBackchannel(text: string): boolean {
  const said = words(text);
  return said.length <= MOST_WORDS && said.every((word) => BACKCHANNELS.has(word));
}
