/** The start and the end of a sentence, as every language model in ARPA format spells them. */
const START = '<s>';
const END = '</s>';

/** The place in a phrase where any of the names may stand. */
const NAME = '{name}';

/**
 * Builds a small trigram model, in ARPA format, from phrases in which `{name}` stands for each of the names.
 *
 * Mixed into the recogniser's base model it does two things: names that the base model has never seen become
 * possible, and known ones become likely where names stand in speech. Every name gets an equal share of its place, so
 * a long list makes each name less likely but not the place itself. Smoothing is Witten-Bell, interpolated.
 *
 * Words are lower case; a word that the dictionary does not hold must not be given (the decoder ignores it).
 */
export function buildLanguageModel(phrases: readonly string[], names: readonly string[]): string {
  const counts = new NgramCounts();
  for (const phrase of phrases) {
    const words = phrase.split(/\s+/).filter((word) => word !== '');
    if (!words.includes(NAME)) counts.addSentence(words, 1);
    else for (const name of names) counts.addSentence(put(words, name), 1 / names.length);
  }
  return counts.toArpa();
}

function put(words: readonly string[], name: string): string[] {
  return words.map((word) => (word === NAME ? name : word));
}

/** What was seen after one history: how often each word, and how many kinds of word. */
interface Successors {
  total: number;
  /** Kinds of word seen, where a word seen less than once (a share of a name's place) counts as that share. */
  kinds: number;
  readonly words: Map<string, number>;
}

/** Counts of one to three words in a row, keyed by the history before the last word (`''`, `a`, `a b`). */
class NgramCounts {
  private readonly histories: [Map<string, Successors>, Map<string, Successors>, Map<string, Successors>] = [
    new Map(),
    new Map(),
    new Map(),
  ];

  addSentence(words: readonly string[], weight: number): void {
    const sentence = [START, ...words, END];
    for (let last = 1; last < sentence.length; last++) {
      const word = sentence[last] ?? END;
      for (let length = 0; length <= Math.min(2, last); length++) {
        this.add(sentence.slice(last - length, last), word, weight);
      }
    }
  }

  private add(history: readonly string[], word: string, weight: number): void {
    const table = this.histories[history.length] ?? this.histories[2];
    const key = history.join(' ');
    let successors = table.get(key);
    if (!successors) {
      successors = { total: 0, kinds: 0, words: new Map() };
      table.set(key, successors);
    }
    const before = successors.words.get(word) ?? 0;
    successors.words.set(word, before + weight);
    successors.total += weight;
    successors.kinds += Math.min(1, before + weight) - Math.min(1, before);
  }

  /** The probability of a word after a history, smoothed by that after the shorter history. */
  private probability(history: readonly string[], word: string): number {
    const lower = history.length === 0 ? 0 : this.probability(history.slice(1), word);
    const successors = this.histories[history.length]?.get(history.join(' '));
    if (!successors) return lower;
    const seen = (successors.words.get(word) ?? 0) / (successors.total + reserve(history, successors));
    return seen + backoff(history, successors) * lower;
  }

  toArpa(): string {
    const sections: string[][] = [[], [], []];
    this.histories.forEach((table, length) => {
      for (const [key, successors] of table) {
        const history = key === '' ? [] : key.split(' ');
        for (const word of successors.words.keys()) {
          const ngram = [...history, word];
          const line = [log10(this.probability(history, word)), ngram.join(' ')];
          if (length < 2 && word !== END) line.push(log10(this.backoffOf(ngram)));
          sections[length]?.push(line.join('\t'));
        }
      }
    });
    // The start of a sentence is only ever a history; ARPA wants it among the words all the same.
    sections[0]?.push(['-99', START, log10(this.backoffOf([START]))].join('\t'));
    const header = sections.map((lines, index) => `ngram ${index + 1}=${lines.length}`);
    const bodies = sections.map((lines, index) => [`\\${index + 1}-grams:`, ...lines, ''].join('\n'));
    return ['\\data\\', ...header, '', ...bodies, '\\end\\', ''].join('\n');
  }

  private backoffOf(history: readonly string[]): number {
    const successors = this.histories[history.length]?.get(history.join(' '));
    return successors ? backoff(history, successors) : 1;
  }
}

/** The weight kept for words not seen after this history; there is nothing below a single word to keep it for. */
function reserve(history: readonly string[], successors: Successors): number {
  return history.length === 0 ? 0 : successors.kinds;
}

function backoff(history: readonly string[], successors: Successors): number {
  const kept = reserve(history, successors);
  return kept / (successors.total + kept);
}

function log10(probability: number): string {
  return probability <= 0 ? '-99' : Math.log10(probability).toFixed(5);
}
