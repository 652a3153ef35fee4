/**
 * JSON as a stream: text goes in piece by piece, events come out, and nothing but an unfinished string or number is
 * kept. Several values one after the other are read, too (a document a line). It accepts what JSON.parse accepts.
 */
import { FileError, type FilePosition } from './file-error.ts';

export interface JsonEvents {
  /** @param position where the value begins */
  begin(kind: 'object' | 'array', position: FilePosition): void;
  /** Of an object's next value. */
  key(name: string): void;
  end(): void;
  /** `undefined` for numbers, booleans and null, which nobody asks for. */
  value(text: string | undefined, position: FilePosition): void;
}

/** Objects and lists in each other. */
const DEEPEST = 200;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

type Expected =
  /** A value; in a list that was just opened, its end. */
  'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd';

export interface JsonReaderOptions {
  /** Characters of a string that are kept; the rest is read and dropped. */
  readonly longestString: number;
}

export class JsonReader {
  readonly #events: JsonEvents;
  readonly #longest: number;
  readonly #open: ('object' | 'array')[] = [];
  #expected: Expected = 'value';
  /** Values that are whole, outside of everything. */
  #roots = 0;
  #line = 1;
  /** Characters of the current line that were in earlier pieces, less what the current piece has before the line. */
  #lineStart = 0;
  #before = 0;
  /** A string that has begun: what is kept of it, and what of an escape sequence has come. */
  #string: string | undefined;
  #escape = '';
  /** A number, or true, false, null. */
  #word = '';
  #began: FilePosition = { line: 1, column: 1 };

  constructor(events: JsonEvents, { longestString }: JsonReaderOptions) {
    this.#events = events;
    this.#longest = longestString;
  }

  /** @throws {FileError} */
  write(text: string): void {
    let at = 0;
    while (at < text.length) {
      at = this.#string === undefined ? this.#outside(text, at) : this.#inside(text, at);
    }
    this.#before += text.length;
  }

  /** The text is over. @throws {FileError} when something is missing. */
  end(): void {
    if (this.#string !== undefined) this.#fail('the text ends inside of a string', 0);
    this.#endWord(0);
    if (this.#open.length > 0) {
      const what = this.#open.at(-1) === 'object' ? 'object' : 'list';
      this.#fail(`the text ends inside of an ${what}`.replace('an list', 'a list'), 0);
    }
    if (this.#roots === 0) this.#fail('the file is empty', 0);
  }

  #position(at: number): FilePosition {
    return { line: this.#line, column: this.#before + at - this.#lineStart + 1 };
  }

  #fail(message: string, at: number): never {
    throw new FileError(message, this.#position(at));
  }

  #outside(text: string, start: number): number {
    const char = text.charAt(start);
    switch (char) {
      case '\n':
        this.#endWord(start);
        this.#line += 1;
        this.#lineStart = this.#before + start + 1;
        return start + 1;
      case ' ':
      case '\t':
      case '\r':
        this.#endWord(start);
        return start + 1;
      case '"':
        this.#endWord(start);
        this.#beginString(start);
        return start + 1;
      case '{':
      case '[':
        this.#endWord(start);
        this.#beginContainer(char === '{' ? 'object' : 'array', start);
        return start + 1;
      case '}':
      case ']':
        this.#endWord(start);
        this.#endContainer(char === '}' ? 'object' : 'array', start);
        return start + 1;
      case ',':
        this.#endWord(start);
        if (this.#expected !== 'commaOrEnd' || this.#open.length === 0)
          this.#fail('a comma is not expected here', start);
        this.#expected = this.#open.at(-1) === 'object' ? 'key' : 'value';
        return start + 1;
      case ':':
        this.#endWord(start);
        if (this.#expected !== 'colon') this.#fail('a colon is not expected here', start);
        this.#expected = 'value';
        return start + 1;
      default:
        return this.#wordFrom(text, start);
    }
  }

  #wordFrom(text: string, start: number): number {
    let at = start;
    while (at < text.length && /[-+.\w]/.test(text.charAt(at))) at += 1;
    if (at === start) this.#fail(`unexpected ${JSON.stringify(text.charAt(start))}`, start);
    if (this.#word === '') {
      this.#expectValue(start);
      this.#began = this.#position(start);
    }
    this.#word += text.slice(start, at);
    if (this.#word.length > 400) this.#fail('not a number that can be read', start);
    return at;
  }

  #endWord(at: number): void {
    if (this.#word === '') return;
    const word = this.#word;
    this.#word = '';
    if (!['true', 'false', 'null'].includes(word) && !NUMBER.test(word)) {
      const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word;
      throw new FileError(`not a value: ${shown}`, this.#began);
    }
    this.#events.value(undefined, this.#began);
    this.#valueDone(at);
  }

  #beginString(at: number): void {
    if (this.#expected !== 'key' && this.#expected !== 'keyOrEnd') this.#expectValue(at);
    this.#began = this.#position(at);
    this.#string = '';
  }

  /** What of a string is in this piece of text. */
  #inside(text: string, start: number): number {
    if (this.#escape !== '') return this.#escaped(text, start);
    let at = start;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22 || code === 0x5c) break;
      if (code < 0x20) this.#fail('a line break or control character inside of a string', at);
    }
    this.#keep(text, start, at);
    if (at === text.length) return at;
    if (text.charAt(at) === '"') this.#endString(at);
    else this.#escape = '\\';
    return at + 1;
  }

  #escaped(text: string, start: number): number {
    const sequence = this.#escape + text.charAt(start);
    const second = sequence.charAt(1);
    if (second !== 'u') {
      const meant = ESCAPES[second];
      if (meant === undefined) this.#fail(`unknown escape sequence ${sequence}`, start);
      this.#escape = '';
      this.#keep(meant, 0, 1);
      return start + 1;
    }
    if (sequence.length > 2 && !/[0-9a-fA-F]$/.test(sequence))
      this.#fail('\\u needs four hexadecimal digits', start);
    this.#escape = sequence.length < 6 ? sequence : '';
    if (sequence.length === 6) this.#keep(String.fromCharCode(Number.parseInt(sequence.slice(2), 16)), 0, 1);
    return start + 1;
  }

  #keep(text: string, from: number, to: number): void {
    const kept = this.#string ?? '';
    if (kept.length < this.#longest)
      this.#string = kept + text.slice(from, Math.min(to, from + this.#longest - kept.length));
  }

  #endString(at: number): void {
    const text = this.#string ?? '';
    this.#string = undefined;
    if (this.#expected === 'key' || this.#expected === 'keyOrEnd') {
      this.#events.key(text);
      this.#expected = 'colon';
      return;
    }
    this.#events.value(text, this.#began);
    this.#valueDone(at);
  }

  #beginContainer(kind: 'object' | 'array', at: number): void {
    this.#expectValue(at);
    if (this.#open.length === DEEPEST)
      this.#fail(`more than ${DEEPEST} objects and lists inside of each other`, at);
    this.#open.push(kind);
    this.#events.begin(kind, this.#position(at));
    this.#expected = kind === 'object' ? 'keyOrEnd' : 'valueOrEnd';
  }

  #endContainer(kind: 'object' | 'array', at: number): void {
    const mayEnd =
      this.#expected === 'commaOrEnd' || this.#expected === (kind === 'object' ? 'keyOrEnd' : 'valueOrEnd');
    if (this.#open.at(-1) !== kind || !mayEnd) {
      this.#fail(`${kind === 'object' ? '}' : ']'} is not expected here`, at);
    }
    this.#open.pop();
    this.#events.end();
    this.#valueDone(at);
  }

  #expectValue(at: number): void {
    if (this.#expected === 'value' || this.#expected === 'valueOrEnd') return;
    const messages = {
      key: 'a name in quotes is expected here',
      keyOrEnd: 'a name in quotes or } is expected here',
      colon: 'a colon is expected here',
      commaOrEnd: 'a comma is missing before this',
    };
    this.#fail(messages[this.#expected], at);
  }

  #valueDone(_at: number): void {
    if (this.#open.length > 0) {
      this.#expected = 'commaOrEnd';
      return;
    }
    this.#roots += 1;
    this.#expected = 'value';
  }
}
