/**
 * A file that people import: bytes in, candidates for entities out. Read piece by piece; between pieces other work of
 * the process goes on.
 */
import { type Candidate, candidatesOf } from './candidate.ts';
import { type Audience, entityKey } from './entity.ts';
import { FileError } from './file-error.ts';
import { isContainer, isDocument } from './foundry.ts';
import { JsonReader } from './json-reader.ts';
import { type FileRecord, JsonRecords, type RecordSink } from './json-records.ts';
import { YamlRecords } from './yaml-records.ts';

/** Bytes of a file. */
export const LARGEST_FILE = 10 * 1024 * 1024;
export const MOST_RECORDS = 10_000;

/** Characters of a text in a JSON file that are looked at; a description has 2048, and markup around it. */
const LONGEST_STRING = 16 * 1024;
/** Bytes that are read in one go: other work waits that long. */
const PIECE = 16 * 1024;

/**
 * @param audience who knows of what does not say so itself
 * @throws {FileError} when it is neither JSON nor YAML as a whole, or too large
 */
export async function readEntityFile(
  bytes: AsyncIterable<Uint8Array>,
  audience: Audience,
): Promise<readonly Candidate[]> {
  const records = new Candidates(audience);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let reader: JsonReader | YamlRecords | undefined;
  let head = '';
  let size = 0;
  const begin = async (): Promise<void> => {
    const start = head.trimStart();
    if (start.startsWith('{') || start.startsWith('[')) {
      reader = new JsonReader(new JsonRecords(records), { longestString: LONGEST_STRING });
    } else {
      // By its default export: a bundle gives a lazily loaded CommonJS package no others.
      const { default: yaml } = await import('yaml');
      reader = new YamlRecords(yaml, records);
    }
    reader.write(head);
  };
  const take = async (text: string): Promise<void> => {
    if (reader !== undefined) reader.write(text);
    else {
      head += text;
      if (/\S/.test(text)) await begin();
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > LARGEST_FILE) throw new FileError('the file is larger than 10 MB', { line: 1, column: 1 });
    for (let from = 0; from < chunk.byteLength; from += PIECE) {
      await take(decoded(decoder, chunk.subarray(from, from + PIECE)));
    }
  }
  const tail = decoded(decoder, undefined);
  if (tail !== '') await take(tail);
  if (reader === undefined) throw new FileError('the file is empty', { line: 1, column: 1 });
  reader.end();
  return records.all;
}

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array | undefined): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    throw new FileError('the file is not text in UTF-8', { line: 1, column: 1 });
  }
}

class Candidates implements RecordSink {
  readonly #audience: Audience;
  readonly #all: Candidate[] = [];
  /** Those of the lists of the object that is open: they count unless it is a record itself. */
  #children: Candidate[] = [];
  /** Line of the first of each name. */
  readonly #lines = new Map<string, number>();

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  get all(): readonly Candidate[] {
    return this.#all;
  }

  child(record: FileRecord): void {
    this.#children.push(...candidatesOf(record, this.#audience));
    this.#limit(record);
  }

  record(record: FileRecord, children: number): void {
    const held = this.#children;
    this.#children = [];
    if (children > 0 ? !isDocument(record) : isContainer(record))
      for (const candidate of held) this.#add(candidate);
    else for (const candidate of candidatesOf(record, this.#audience)) this.#add(candidate);
    this.#limit(record);
  }

  noRecord(position: FileRecord['position']): void {
    this.#add({ position, name: '', found: { skipped: { problem: 'noRecord' } } });
    this.#limit({ position });
  }

  #add(candidate: Candidate): void {
    const { found, position } = candidate;
    if ('skipped' in found) {
      this.#all.push(candidate);
      return;
    }
    const key = entityKey(found.entity.name);
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, position.line);
    this.#all.push(
      line === undefined ? candidate : { ...candidate, found: { skipped: { problem: 'repeated', line } } },
    );
  }

  #limit({ position }: Pick<FileRecord, 'position'>): void {
    if (this.#all.length + this.#children.length > MOST_RECORDS) {
      throw new FileError(`the file has more than ${MOST_RECORDS} records`, position);
    }
  }
}
