const ADVERB =
  '(?:(?:never|always|often|sometimes|rarely|seldom|still|also|once|secretly|quietly|usually|only|really|now)\\s+)';

/** Words before which a fragment such as `Proud of her ale` has no verb of its own. */
const JOINT =
  /^(?:of|to|with|without|about|in|for|by|at|from|on|than|as|and|but|or|yet|who|that|when|like)$/i;

/**
 * Makes a sentence about a character one that it can say of itself. `You brew beer`, `Greta brews beer` and `Brews
 * beer` become `I brew beer`; `Warm and curious` becomes `I am warm and curious`. What follows a second verb is left
 * out: `She brews ale and pours cider` is `I brew ale`. A sentence that is none of these is quoted.
 *
 * @param sentence without its full stop.
 */
export function inFirstPerson(sentence: string, name: string): string {
  const addressed = /^your?\b/i.test(sentence);
  const names = [name, name.split(' ')[0] ?? name].map(literal).join('|');
  const of: Character = { names, addressed, pronouns: addressed ? 'you' : 'she|he' };
  const possessive = new RegExp(`^(?:(?:${names})['’]s|her|his|their|your)\\s+`, 'i');
  if (possessive.test(sentence)) return `My ${rest(sentence.replace(possessive, ''), of)}.`;
  const about = sentence.replace(new RegExp(`^(?:${names}|she|he|they|you)\\s+`, 'i'), '');
  const [, adverb = '', verb = '', tail = ''] =
    new RegExp(`^(${ADVERB}*)([\\p{L}'’-]+)(.*)$`, 'iu').exec(about) ?? [];
  if (verb !== '' && (about !== sentence || isThirdPerson(verb))) {
    return `I ${adverb.toLowerCase()}${plainVerb(verb.toLowerCase())}${rest(tail, of)}.`;
  }
  if (!isFragment(about)) return quoted(sentence);
  return `I am ${rest(about.charAt(0).toLowerCase() + about.slice(1), of)}.`;
}

/** How sentences speak of the character; both are alternatives of a regular expression. */
interface Character {
  readonly names: string;
  readonly pronouns: string;
  /** The character is `you`. */
  readonly addressed: boolean;
}

function quoted(sentence: string): string {
  return `Folk say this of me: ${sentence}.`;
}

/** Whether a text without a subject has no verb either: it says what somebody is. */
function isFragment(text: string): boolean {
  const [phrase = ''] = text.split(/[,;—]/);
  const words = phrase.split(/\s+/);
  const joint = words.findIndex((word) => JOINT.test(word));
  const head = joint < 0 ? words : words.slice(0, joint);
  if (/^an?$/i.test(head[0] ?? '')) return head.length > 1 && !head.some(isThirdPerson);
  // One word, or one with an adverb: `gruff`, `secretly afraid`, `very old`.
  return (
    head.length === 1 || (head.length === 2 && /(?:ly|very|rather|quite|too|so|always)$/i.test(head[0] ?? ''))
  );
}

/** What follows the verb: up to a second verb of the same subject, with the character as its speaker. */
function rest(text: string, of: Character): string {
  const joint = new RegExp(
    `(?:,\\s*(?:(?:and|but|or|yet|then)\\s+)?|\\s+(?:and|but|or|yet|then)\\s+)(?:(${of.pronouns}|${of.names})\\s+)?${ADVERB}*([\\p{L}'’-]+)`,
    'giu',
  );
  const cut = [...text.matchAll(joint)].find(
    ([, subject, verb = '']) => subject !== undefined || isThirdPerson(verb),
  );
  const own = new RegExp(`\\b(?:${of.pronouns})\\s+(${ADVERB}*)([\\p{L}'’-]+)`, 'giu');
  const possessive = of.addressed
    ? /\byour\b/gi
    : /\bhis\b|\bher(?=\s+(?!(?:and|or|in|at|to|for|on|with|by|from)\b)\p{L})/giu;
  return (cut ? text.slice(0, cut.index) : text)
    .replace(own, (_, adverb: string, verb: string) => `I ${adverb}${plainVerb(verb)}`)
    .replace(of.addressed ? /\byourself\b/gi : /\b(?:her|him)self\b/gi, 'myself')
    .replace(possessive, 'my')
    .replace(of.addressed ? /\byou\b/gi : /\b(?:her|him)\b/gi, 'me')
    .replace(new RegExp(`\\b(?:${of.names})['’]s\\b`, 'g'), 'my')
    .replace(/[\s,;—-]+$/, '');
}

/** Whether a word looks like `brews`, and not like `curious`, `fearless` or `his`. */
function isThirdPerson(word: string): boolean {
  return (
    /[^s'’u]s$/i.test(word) && !/^(?:his|hers|ours|this|always|perhaps|sometimes|as|us|yes)$/i.test(word)
  );
}

function plainVerb(verb: string): string {
  const irregular = new Map([
    ['is', 'am'],
    ['are', 'am'],
    ['were', 'was'],
    ['has', 'have'],
    ['does', 'do'],
    ['goes', 'go'],
    ["isn't", 'am not'],
    ["aren't", 'am not'],
    ["doesn't", "don't"],
    ["hasn't", "haven't"],
    ['was', 'was'],
  ]);
  const known = irregular.get(verb.replace('’', "'"));
  if (known !== undefined) return known;
  if (/(?:ch|sh|ss|x|zz)es$/.test(verb)) return verb.slice(0, -2);
  if (/[^aeiou]ies$/.test(verb)) return `${verb.slice(0, -3)}y`;
  return /[^s]s$/.test(verb) ? verb.slice(0, -1) : verb;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
