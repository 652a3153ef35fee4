import { type Persona, readPersona } from './persona.ts';

/** One message of a chat, as far as an answer depends on it. */
export interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

/** Words that say nothing about what a message is about. */
const COMMON = new Set(
  `a about all am an and any are around as at back be been but by can come could did do does done down for from get
   give go good got had has have hear heard hello help her here hey hi him his how i if in into is it its just know
   let like look make may me mean more much must my need no not now of off on one or our out over please really said
   say see shall she should show so some take talk tell than thank thanks that the their them then there these they
   thing think this those to tonight too up us very want was we well were what when where which who why will with
   would yes you your`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/**
 * What the character answers: a word of what was last said to it, who it is, and something that is true of it.
 * The same messages always give the same answer; another question or another character gives another.
 */
export function answerInCharacter(messages: readonly ChatMessage[]): string {
  const system = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ text }) => text);
  const persona = readPersona(system.join('\n'));
  const heard = messages.findLast(({ role }) => role === 'user')?.text ?? '';
  const said = withoutSpeaker(heard);
  const turn = hash(`${persona.name}|${said}|${messages.length}`);
  const topic = topicOf(said, persona.name);
  const sentences = [openingOf(said, topic, turn)];
  sentences.push(
    persona.title === '' ? `I am ${persona.name}.` : `I am ${persona.name}, the ${persona.title}.`,
  );
  const fact = factFor(persona, said, turn);
  if (fact !== undefined) sentences.push(fact);
  return sentences.join(' ');
}

/** What is true of the character and shares the most words with what was said; among equals the turn decides. */
function factFor({ facts, name }: Persona, said: string, turn: number): string | undefined {
  const asked = new Set(wordsOf(said, name).map(stem));
  const shared = facts.map((fact) => wordsOf(fact, name).filter((word) => asked.has(stem(word))).length);
  const best = facts.filter((_, index) => shared[index] === Math.max(...shared));
  return best[turn % Math.max(1, best.length)];
}

function openingOf(said: string, topic: string | undefined, turn: number): string {
  if (topic === undefined) return pick(['Well met, traveller.', 'Speak up, friend.'], turn);
  const word = topic.charAt(0).toUpperCase() + topic.slice(1);
  const asks =
    /\?\s*$/.test(said) ||
    /^\W*(?:\w+\W+)?(what|who|where|when|why|how|which|do|does|did|can|could|is|are|have|will|would)\b/i.test(
      said,
    );
  return asks
    ? pick([`${word}, you ask?`, `So it is ${topic} you ask about.`, `${word}? Let me think.`], turn)
    : pick([`${word}, you say.`, `I hear you, ${topic} it is.`, `${word}! I will remember that.`], turn);
}

/** The longest word that says something, the last of those; what a sentence is about tends to stand at its end. */
function topicOf(said: string, name: string): string | undefined {
  return wordsOf(said, name).reduce<string | undefined>(
    (best, word) => (best === undefined || word.length >= best.length ? word : best),
    undefined,
  );
}

/** The words that say something, in lower case. */
function wordsOf(text: string, name: string): string[] {
  const own = new Set(name.toLowerCase().split(/\s+/));
  const words = text.toLowerCase().match(/[\p{L}][\p{L}'’-]*/gu) ?? [];
  return words.filter((word) => word.length > 2 && !COMMON.has(word) && !own.has(word));
}

/** `brews`, `brewed` and `brew` are one word to whoever is asked about it. */
function stem(word: string): string {
  return word.replace(/(?:ing|ed|es|s|e)$/, '');
}

/** Transcripts name who speaks, `Anna: hello` or `[Anna] hello`; that is not what was said. */
function withoutSpeaker(message: string): string {
  const last = message.trim().split('\n').at(-1) ?? '';
  return last.replace(/^\s*(?:\[[^\]]{1,40}\]|<[^>]{1,40}>|[\p{L}][\p{L}\d' _-]{0,30}:)\s*/u, '').trim();
}

function pick(choices: readonly string[], turn: number): string {
  return choices[turn % choices.length] ?? '';
}

/** FNV-1a, 32 bits: stable across runs and machines. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
