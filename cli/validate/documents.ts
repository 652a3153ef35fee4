// YAML and JSON text as objects that remember where each of their fields was written.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  Scalar,
} from 'yaml';
import type { Json, Path } from '../../src/validation/json.ts';
import { plainScalar } from './yaml-scalars.ts';

export interface Position {
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

export interface TextProblem extends Position {
  readonly message: string;
}

export interface ManifestDocument {
  readonly value: Json;
  /** Of the field at a path, or of the innermost that is there when it is not. */
  positionOf(path: Path): Position;
}

export interface Parsed {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly TextProblem[];
}

/** A document that has a problem is not among the documents. Empty documents are left out. */
export function parseDocuments(text: string): Parsed {
  const lineCounter = new LineCounter();
  // Failsafe makes every scalar a text; what it is, plainScalar decides as kubectl does.
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents: ManifestDocument[] = [];
  const problems: TextProblem[] = [];
  const at = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const document of 'empty' in parsed ? [] : parsed) {
    for (const { message, pos } of document.errors)
      problems.push({ message: firstLine(message), ...at(pos[0]) });
    if (document.errors.length > 0 || document.contents === null) continue;
    try {
      const value = new Reader(document).read(document.contents);
      if (value === null) continue;
      documents.push({ value, positionOf: (path) => at(offsetOf(document, path)) });
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      problems.push({ message: error.message, ...at(error.offset) });
    }
  }
  return { documents, problems };
}

const firstLine = (message: string) => message.split('\n', 1)[0] ?? message;

class ReadError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Aliases can make a small file huge. */
const MOST_NODES = 500_000;

class Reader {
  readonly #document: Document.Parsed;
  #nodes = 0;

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  read(node: unknown): Json {
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) throw new ReadError('the document is too large', 0);
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.read(this.#target(node));
    if (isScalar(node)) return scalarOf(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item));
    if (isMap(node)) return this.#object(node.items);
    throw new ReadError('this is not YAML that Kubernetes reads', 0);
  }

  #object(pairs: readonly Pair[]): Json {
    const own = new Map<string, Json>();
    const merged = new Map<string, Json>();
    for (const pair of pairs) {
      if (isMerge(pair)) for (const [key, value] of this.#merged(pair.value)) merged.set(key, value);
      else own.set(keyOf(pair), this.read(pair.value));
    }
    return new Map([...merged, ...own]);
  }

  #merged(value: unknown): ReadonlyMap<string, Json> {
    const source = this.read(value);
    if (source instanceof Map) return source;
    const list = Array.isArray(source) ? source : [];
    // Of several, the first one wins.
    return new Map(list.toReversed().flatMap((item) => (item instanceof Map ? [...item] : [])));
  }

  #target(alias: Alias): unknown {
    const target = alias.resolve(this.#document);
    if (target === undefined) throw new ReadError(`unknown anchor '${alias.source}'`, alias.range?.[0] ?? 0);
    return target;
  }
}

function scalarOf(node: Scalar): Json {
  const { value, tag, type, range } = node;
  const source = typeof value === 'string' ? value : String(value ?? '');
  const typed =
    tag === undefined ? type === Scalar.PLAIN : /^tag:yaml\.org,2002:(?:int|float|bool|null)$/.test(tag);
  if (!typed) return source;
  try {
    return plainScalar(source);
  } catch (error) {
    throw new ReadError(error instanceof Error ? error.message : String(error), range?.[0] ?? 0);
  }
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<';
}

/** JSON has texts as keys only; others are written out. */
function keyOf({ key }: Pair): string {
  const value = isScalar(key) ? scalarOf(key) : null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number')
    return String(value);
  const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
  throw new ReadError('a key must be a text', offset);
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = startOf(node) ?? offset;
    } else if (isMap(node)) {
      const pair = pairOf(document, node.items, String(step));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else break;
  }
  return offset;
}

function pairOf(document: Document.Parsed, pairs: readonly Pair[], name: string): Pair | undefined {
  const own = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === name);
  if (own !== undefined) return own;
  return pairs
    .filter(isMerge)
    .flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
    .map((source) => (isAlias(source) ? source.resolve(document) : source))
    .flatMap((source) => (isMap(source) ? (pairOf(document, source.items, name) ?? []) : []))
    .at(0);
}

function startOf(node: unknown): number | undefined {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0];
  return undefined;
}
