/**
 * The records of a JSON file, as they come: the elements of a list, the documents one after the other, or what the lists
 * of one object hold. Of each, only the texts are kept that an entity can be made of.
 */
import type { FilePosition } from './file-error.ts';
import type { JsonEvents } from './json-reader.ts';

/** Texts, and what holds them. */
export type Kept = string | readonly Kept[] | { readonly [key: string]: Kept };

export function isList(value: Kept | undefined): value is readonly Kept[] {
  return Array.isArray(value);
}

export function isFields(value: Kept | undefined): value is { readonly [key: string]: Kept } {
  return typeof value === 'object' && !Array.isArray(value);
}

export interface FileRecord {
  readonly position: FilePosition;
  /** Name of the list that it is in: `actors`. Empty: no list has a name. */
  readonly collection: string;
  /** Its fields, whether they are kept or not. */
  readonly keys: ReadonlySet<string>;
  readonly fields: { readonly [key: string]: Kept };
}

export interface RecordSink {
  /** An element of a list inside of the outermost object. It counts when that object turns out to be no record. */
  child(record: FileRecord): void;
  /** An element of a list, or an object that is in nothing. `children`: how many were told of it before. */
  record(record: FileRecord, children: number): void;
  /** Something else where a record should be. */
  noRecord(position: FilePosition): void;
}

/** Of a record: what is kept, and which fields of its `system` (before version 10: `data`) are. */
const FIELDS = new Set([
  'name',
  'kind',
  'description',
  'knowledge',
  'type',
  '_key',
  'documentName',
  'content',
  'pages',
  'system',
  'data',
]);
const SYSTEM_FIELDS = new Set([
  'details',
  'description',
  'biography',
  'bio',
  'notes',
  'background',
  'appearance',
  'publicnotes',
]);
/** Lists of the outermost object that belong to it, and hold no records. */
const OWN_LISTS = new Set(['pages', 'knowledge']);

/** Values of one record that are kept; what is more is dropped. */
const MOST_VALUES = 2_000;
const MOST_KEYS = 200;

type Holder = Kept[] | { [key: string]: Kept };

interface Building {
  readonly record: {
    position: FilePosition;
    collection: string;
    keys: Set<string>;
    fields: { [key: string]: Kept };
  };
  /** What is open in the record, itself first; undefined: dropped. */
  readonly open: (Holder | undefined)[];
  /** Names of the fields that lead here; of lists the name is their own. */
  readonly path: string[];
  values: number;
}

export class JsonRecords implements JsonEvents {
  readonly #sink: RecordSink;
  /** Lists that hold records, from outside: in the file, in the outermost object. */
  #inList = false;
  #root: Building | undefined;
  #children = 0;
  #child: Building | undefined;
  /** The list of the outermost object that is open, by name. */
  #collection: string | undefined;
  /** Depth inside of what is of no interest: lists in a list of records. */
  #ignored = 0;

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  begin(kind: 'object' | 'array', position: FilePosition): void {
    if (this.#ignored > 0) {
      this.#ignored += 1;
      return;
    }
    const building = this.#child ?? this.#root;
    const betweenRecords =
      this.#child === undefined && (building === undefined || this.#collection !== undefined);
    if (!betweenRecords && building !== undefined) {
      if (
        building === this.#root &&
        building.open.length === 1 &&
        kind === 'array' &&
        !OWN_LISTS.has(top(building.path))
      ) {
        this.#collection = top(building.path);
        building.record.keys.add(this.#collection);
        return;
      }
      push(building, kind);
      return;
    }
    if (kind === 'object') {
      const begun = build(position, this.#collection ?? '');
      if (this.#collection !== undefined) this.#child = begun;
      else this.#root = begun;
    } else if (this.#root === undefined && !this.#inList) {
      this.#inList = true;
    } else {
      if (this.#collection === undefined) this.#sink.noRecord(position);
      this.#ignored = 1;
    }
  }

  key(name: string): void {
    if (this.#ignored > 0) return;
    const building = this.#child ?? this.#root;
    if (building === undefined) return;
    const depth = building.open.length;
    building.path.length = depth - 1;
    building.path.push(name);
    if (depth === 1 && building.record.keys.size < MOST_KEYS) building.record.keys.add(name);
  }

  value(text: string | undefined, position: FilePosition): void {
    if (this.#ignored > 0) return;
    const building = this.#child ?? this.#root;
    if (building === undefined) {
      this.#sink.noRecord(position);
      return;
    }
    // A text in one of the outermost object's lists is none of its texts.
    if (building === this.#root && this.#collection !== undefined) return;
    if (text !== undefined) keep(building, text);
  }

  end(): void {
    if (this.#ignored > 0) {
      this.#ignored -= 1;
      return;
    }
    if (this.#child !== undefined) {
      this.#child.open.pop();
      if (this.#child.open.length > 0) return;
      this.#children += 1;
      const { record } = this.#child;
      this.#child = undefined;
      this.#sink.child(record);
    } else if (this.#collection !== undefined) {
      this.#collection = undefined;
    } else if (this.#root !== undefined) {
      this.#root.open.pop();
      if (this.#root.open.length > 0) return;
      const { record } = this.#root;
      const children = this.#children;
      this.#root = undefined;
      this.#children = 0;
      this.#sink.record(record, children);
    } else {
      this.#inList = false;
    }
  }
}

function top(path: readonly string[]): string {
  return path.at(-1) ?? '';
}

function build(position: FilePosition, collection: string): Building {
  const fields: { [key: string]: Kept } = Object.create(null);
  return { record: { position, collection, keys: new Set(), fields }, open: [fields], path: [], values: 0 };
}

function isWanted({ path, open, values }: Building): boolean {
  if (values >= MOST_VALUES || open.at(-1) === undefined) return false;
  const [first = '', second] = path;
  if (!FIELDS.has(first)) return false;
  if ((first !== 'system' && first !== 'data') || second === undefined) return true;
  return SYSTEM_FIELDS.has(second.toLowerCase());
}

function keep(building: Building, value: Kept): void {
  const holder = building.open.at(-1);
  if (holder === undefined || !isWanted(building)) return;
  building.values += 1;
  if (Array.isArray(holder)) holder.push(value);
  else holder[top(building.path)] = value;
}

function push(building: Building, kind: 'object' | 'array'): void {
  const holder: Holder = kind === 'array' ? [] : Object.create(null);
  const { open, path } = building;
  const wanted = isWanted(building);
  keep(building, holder);
  path.length = open.length;
  open.push(wanted ? holder : undefined);
  // The elements of a list have no names.
  if (kind === 'array') path.push('');
}
