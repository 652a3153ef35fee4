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

/** Sentences of a prompt that tell a model how to answer, not who it is. */
const INSTRUCTION =
  /\b(answer|answers|reply|replies|respond|never|always|do not|don't|must|should|keep|speak only|stay|sentence|sentences|language|markdown|transcript|instruction|instructions|prompt|model|assistant|voice|role-?playing|game master|players?|data|rules?|secret|secrets)\b/i;

/** Who a system prompt says the assistant is. */
export interface Persona {
  readonly name: string;
  /** What the character is, such as `innkeeper of the Silver Stag`; empty when the prompt does not say. */
  readonly title: string;
  /** Sentences about the character, in the first person. */
  readonly facts: readonly string[];
}

/**
 * Reads a persona out of any system prompt that says `You are <Name>` (or `Name: <Name>`), in whatever words follow.
 * It knows nothing of the program that wrote the prompt, as a vendor's model does not.
 */
export function readPersona(systemPrompt: string): Persona {
  const introduced =
    /\b(?:you are|you're|your name is|you play|name:|character:)\s+(?:the character\s+)?["“]?(\p{Lu}[\p{L}'’-]*(?: \p{Lu}[\p{L}'’-]*)*)/iu.exec(
      systemPrompt,
    );
  const name = capitalisedPart(introduced?.[1]) || 'Nobody';
  const after = introduced ? systemPrompt.slice(introduced.index + introduced[0].length) : '';
  const titled =
    /^["”]?\s*(?:,|\(|—|-|:)?\s*((?:an?|the)\s[^.,;()\n]{2,60})/u.exec(after) ??
    /^title:\s*(.{2,60})$/imu.exec(systemPrompt);
  const sentences = systemPrompt
    .split(/(?<=[.!?])\s+|\n+|;\s+/)
    .map((sentence) => sentence.replace(/^\s*(?:[-*#]+|[\w ]{2,24}:)\s*/u, '').replace(/[.!?\s]+$/, ''))
    .filter((sentence) => sentence !== name && sentence.length >= 12 && sentence.length <= 140)
    .filter(
      (sentence) =>
        !INSTRUCTION.test(sentence) && !new RegExp(`^you are ${literal(name)}\\b`, 'i').test(sentence),
    );
  return {
    name,
    title: (titled?.[1] ?? '').trim().replace(/^(?:an?|the)\s+/i, ''),
    facts: sentences.map((sentence) => firstPerson(sentence, name)),
  };
}

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
  const fact = persona.facts[turn % Math.max(1, persona.facts.length)];
  if (fact !== undefined) sentences.push(`${fact}.`);
  return sentences.join(' ');
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
  const own = new Set(name.toLowerCase().split(/\s+/));
  const words = said.toLowerCase().match(/[\p{L}][\p{L}'’-]*/gu) ?? [];
  return words
    .filter((word) => word.length > 2 && !COMMON.has(word) && !own.has(word))
    .reduce<string | undefined>(
      (best, word) => (best === undefined || word.length >= best.length ? word : best),
      undefined,
    );
}

/** Transcripts name who speaks, `Anna: hello` or `[Anna] hello`; that is not what was said. */
function withoutSpeaker(message: string): string {
  const last = message.trim().split('\n').at(-1) ?? '';
  return last.replace(/^\s*(?:\[[^\]]{1,40}\]|<[^>]{1,40}>|[\p{L}][\p{L}\d' _-]{0,30}:)\s*/u, '').trim();
}

/** `You brew beer`, `Greta brews beer` and `Brews beer` all become `I brew beer`. */
function firstPerson(sentence: string, name: string): string {
  const about = sentence.replace(new RegExp(`^(?:${literal(name)}|she|he|they|you)\\s+`, 'i'), '');
  const addressed = about !== sentence;
  const [verb = '', ...rest] = about.split(' ');
  const isVerb = addressed || /^[A-Z][a-z]+s$/.test(verb);
  const tail = rest
    .join(' ')
    .replace(/\b(your|her|his|their)\b/gi, 'my')
    .replace(/\byou\b/gi, 'I');
  if (isVerb) return `I ${plainVerb(verb.toLowerCase())} ${tail}`.trim();
  return `They call me ${verb.charAt(0).toLowerCase()}${verb.slice(1)} ${tail}`.trim();
}

function plainVerb(verb: string): string {
  const irregular = new Map([
    ['is', 'am'],
    ['are', 'am'],
    ['was', 'was'],
    ['were', 'was'],
    ['has', 'have'],
    ['does', 'do'],
    ['goes', 'go'],
  ]);
  const known = irregular.get(verb);
  if (known !== undefined) return known;
  if (/(ch|sh|ss|x|zz)es$/.test(verb)) return verb.slice(0, -2);
  if (/[^aeiou]ies$/.test(verb)) return `${verb.slice(0, -3)}y`;
  return /[^s]s$/.test(verb) ? verb.slice(0, -1) : verb;
}

/** The expression above matches without case, so that `You are` does; a name is only what is written with capitals. */
function capitalisedPart(words: string | undefined): string {
  const kept: string[] = [];
  for (const word of words?.split(/\s+/) ?? []) {
    if (!/^\p{Lu}/u.test(word)) break;
    kept.push(word);
  }
  return kept.join(' ');
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

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
