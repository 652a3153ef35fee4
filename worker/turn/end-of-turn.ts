/**
 * How sure it is, from the words alone, that a person has finished: 1 is certain, 0 is in the middle of a sentence. A
 * table of words and no model: it takes microseconds, and says the same each time.
 *
 * Recognisers set a full stop behind whatever they are given, so a full stop alone says little; the last word says more.
 */
import { words } from '../../src/text/similarity.ts';

const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).flatMap(words));

interface Language {
  /** After these something has to come. */
  readonly leading: ReadonlySet<string>;
  /** After these, too, unless they end a short answer ("yes, we did"). */
  readonly helping: ReadonlySet<string>;
  /** Subordinate clauses begin with these; one without a main clause is half a sentence. */
  readonly subordinating: ReadonlySet<string>;
  /** Questions begin with these. */
  readonly asking: ReadonlySet<string>;
  /** Whole turns of one or two words. */
  readonly answers: ReadonlySet<string>;
}

const ENGLISH: Language = {
  leading: set(
    'a an the and or but nor because if when while although though unless until since whether that which whose so ' +
      'of to for from with without at by into onto against between under behind towards than as my your his her its our ' +
      'their this these those some any every each i we they he she want need like very really too quite just maybe ' +
      'perhaps also even then',
  ),
  helping: set(
    'am is are was were be been have has had do does did will would shall should can could may might must',
  ),
  subordinating: set('if when while because although though unless until since whether before after once'),
  asking: set(
    'who what when where why how which whose is are was were do does did can could will would shall may',
  ),
  answers: set(
    'yes no yeah yep nope okay ok sure never maybe thanks thank please stop wait enough hello hi goodbye bye',
  ),
};

const GERMAN: Language = {
  leading: set(
    'ein eine einen einem einer eines der die das den dem des und oder aber denn sondern weil dass ob wenn als während ' +
      'obwohl damit bevor nachdem sobald seit bis falls von vom zum zur für ohne beim hinter neben zwischen gegen im in ' +
      'ins am mein meine meinen dein deine deinen sein seine ihre unser unsere euer eure dieser diese dieses jeder jede ' +
      'kein keine sehr ganz ziemlich vielleicht eigentlich also auch dann',
  ),
  helping: set('möchte möchten würde würden will wollte wollten'),
  subordinating: set('wenn weil dass ob als während obwohl damit bevor nachdem sobald seit bis falls'),
  asking: set(
    'wer was wann wo warum wieso weshalb wie welche welcher welches wessen wem wen wohin woher womit ist sind war hast ' +
      'hat habt haben kannst können könnt kennst willst wollt weißt wisst gibt darf',
  ),
  answers: set(
    'ja nein doch jawohl gut okay ok klar sicher nie niemals danke bitte halt stopp warte genug hallo tschüss',
  ),
};

/** Sounds that keep the floor, in any language. */
const FILLERS = set('um uh uhm erm er hm hmm mm mmm ah äh ähm öh öhm eh well naja tja');

const NEUTRAL = 0.7;

/**
 * @param language BCP 47; empty, or one without a table: punctuation and fillers only
 * @param names as which people are called: a name alone calls somebody, and what is wanted follows
 */
export function endOfTurn(text: string, language: string, names: readonly string[] = []): number {
  const said = words(text);
  const last = said.at(-1);
  if (last === undefined) return NEUTRAL;
  if (FILLERS.has(last)) return 0.05;
  const mark = /([.!?…,;:–—-]+)["'”’»)]*\s*$/u.exec(text)?.[1] ?? '';
  if (/…|\.\.|[,;:–—-]$/.test(mark)) return 0.1;
  if (mark.endsWith('?')) return 1;
  const table = tableOf(language);
  const called = nameAlone(said, names);
  if (called) return 0.35;
  if (table === undefined) return mark === '' ? NEUTRAL : 0.9;
  const [first = ''] = said;
  if (said.length <= 2 && table.answers.has(first)) return 0.95;
  if (mark.endsWith('!')) return 1;
  if (table.leading.has(last) || (table.helping.has(last) && said.length >= 4))
    return said.length === 1 ? 0.3 : 0.15;
  if (unfinishedClause(text, said, table)) return 0.3;
  if (said.length >= 3 && asks(said, names, table)) return 0.95;
  if (mark !== '') return 0.95;
  return said.length === 1 ? 0.5 : NEUTRAL;
}

/** Whether the person is in the middle of a sentence, for all that can be told. */
export function isUnfinished(text: string, language: string): boolean {
  return endOfTurn(text, language) < 0.5;
}

function tableOf(language: string): Language | undefined {
  if (/^en\b/i.test(language)) return ENGLISH;
  return /^de\b/i.test(language) ? GERMAN : undefined;
}

const GREETING = set(
  'hey hi hello oh ah so ok okay excuse me listen hallo he entschuldigung hör mal du sag good evening guten abend',
);

function nameAlone(said: readonly string[], names: readonly string[]): boolean {
  if (said.length > 4) return false;
  const parts = new Set(names.flatMap(words));
  const rest = said.filter((word) => !GREETING.has(word));
  return rest.length > 0 && rest.every((word) => parts.has(word));
}

/** "If we go to the castle": the main clause is still to come. One follows a comma, or the clause is long. */
function unfinishedClause(text: string, said: readonly string[], { subordinating }: Language): boolean {
  const clause = words(text.split(/[,;:]/).at(-1) ?? '');
  return subordinating.has(clause[0] ?? '') && clause.length <= 6 && clause.length === said.length;
}

/** A question without its mark: recognisers of few words write none. */
function asks(said: readonly string[], names: readonly string[], { asking }: Language): boolean {
  const parts = new Set(names.flatMap(words));
  const first = said.find(
    (word) => !parts.has(word) && !GREETING.has(word) && word !== 'and' && word !== 'und',
  );
  return first !== undefined && asking.has(first);
}
