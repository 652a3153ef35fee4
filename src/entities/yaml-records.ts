/**
 * The records of a YAML file, as they come: the elements of a list (at the top or below `entities`), or the documents.
 * The file is cut where an element of the list begins, and each piece is parsed by itself: a parser that is given all of
 * it needs hundreds of times its size.
 */
import type { Document } from 'yaml';
import { FileError } from './file-error.ts';
import type { FileRecord, Kept, RecordSink } from './json-records.ts';

/** Of one record, characters. */
const LONGEST_RECORD = 256 * 1024;
const DEEPEST = 20;

type Yaml = Pick<typeof import('yaml'), 'parseDocument'>;

export class YamlRecords {
  readonly #yaml: Yaml;
  readonly #sink: RecordSink;
  #rest = '';
  #line = 0;
  /** Where the elements of the list begin; undefined: no list has begun in this document. */
  #indent: number | undefined;
  /** Lines of the record that is not whole yet, and where it begins. */
  #lines: string[] = [];
  #length = 0;
  #first = 1;
  #seen = false;
  /** `entities:` was there, and nothing but its list may follow. */
  #named = false;

  constructor(yaml: Yaml, sink: RecordSink) {
    this.#yaml = yaml;
    this.#sink = sink;
  }

  /** @throws {FileError} */
  write(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_RECORD) this.#tooLong();
    for (const line of lines) this.#take(line);
  }

  /** @throws {FileError} */
  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#endRecord();
    if (!this.#seen) throw new FileError('the file is empty', { line: Math.max(1, this.#line), column: 1 });
  }

  #take(raw: string): void {
    this.#line += 1;
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (/^(---|\.\.\.)(\s|$)/.test(line)) {
      this.#endRecord();
      this.#indent = undefined;
      this.#named = false;
      const after = line.slice(3).trim();
      if (after !== '' && !after.startsWith('#')) this.#add(after);
      return;
    }
    const blank = /^\s*(#|$)/.test(line);
    if (this.#lines.length === 0 && (blank || line.startsWith('%'))) return;
    const dash = /^( *)-(\s|$)/.exec(line)?.[1]?.length;
    if (this.#indent === undefined && this.#lines.length === 0) {
      if (dash !== undefined) this.#indent = dash;
      else if (/^entities\s*:\s*(#.*)?$/.test(line) && !this.#named) {
        this.#named = true;
        return;
      }
    }
    if (this.#indent !== undefined && dash === this.#indent) this.#endRecord();
    this.#add(line);
  }

  #add(line: string): void {
    if (this.#lines.length === 0) this.#first = this.#line;
    this.#lines.push(line);
    this.#length += line.length + 1;
    if (this.#length > LONGEST_RECORD) this.#tooLong();
  }

  #tooLong(): never {
    const message = `a record is longer than ${LONGEST_RECORD / 1024} KiB`;
    throw new FileError(message, {
      line: this.#lines.length === 0 ? this.#line + 1 : this.#first,
      column: 1,
    });
  }

  #endRecord(): void {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('\n');
    this.#lines = [];
    this.#length = 0;
    this.#seen = true;
    const document = this.#yaml.parseDocument(text, {
      logLevel: 'silent',
      stringKeys: false,
      uniqueKeys: true,
    });
    this.#refuse(document);
    const value: unknown = this.#plain(document);
    const inList = this.#indent !== undefined && Array.isArray(value);
    for (const record of inList ? value : [value]) this.#tell(record);
  }

  #refuse(document: Document): void {
    const [error] = document.errors;
    if (error === undefined) return;
    const { line = 1, col = 1 } = error.linePos?.[0] ?? {};
    const [message = 'not YAML'] = error.message.split(/ at line \d+|\n/, 1);
    throw new FileError(message, { line: this.#first + line - 1, column: col });
  }

  #plain(document: Document): unknown {
    try {
      return document.toJS({ maxAliasCount: 50 });
    } catch (error) {
      // An alias to a record before it, or too many.
      throw new FileError(error instanceof Error ? error.message : 'not YAML', {
        line: this.#first,
        column: 1,
      });
    }
  }

  #tell(value: unknown): void {
    const position = { line: this.#first, column: (this.#indent ?? 0) + 1 };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#sink.noRecord(position);
      return;
    }
    const record: FileRecord = {
      position,
      collection: '',
      keys: new Set(Object.keys(value)),
      fields: fieldsOf(value, 0),
    };
    this.#sink.record(record, 0);
  }
}

function fieldsOf(value: object, depth: number): { [key: string]: Kept } {
  const fields: { [key: string]: Kept } = Object.create(null);
  for (const [key, inner] of Object.entries(value)) {
    const kept = keptOf(inner, depth + 1);
    if (kept !== undefined) fields[key] = kept;
  }
  return fields;
}

/** Numbers and truth values are texts here: `name: 42` is a name. */
function keptOf(value: unknown, depth: number): Kept | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return undefined;
  if (!Array.isArray(value)) return fieldsOf(value, depth);
  return value.map((item) => keptOf(item, depth + 1)).filter((item) => item !== undefined);
}
