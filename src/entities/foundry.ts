/**
 * Documents of Foundry Virtual Tabletop, as people have them: one that was exported from a sidebar ("Export Data"), an
 * adventure or a module's dump with lists of them, the packs that Foundry's command line unpacks (JSON or YAML), and the
 * `.db` files of before version 11, with one document a line.
 *
 * Versions 9 to 14 of Foundry. What a document is does not stand in it, and has to be told from its fields:
 * - Actor: `prototypeToken` (before 10: `token`); its texts are the game system's, below `system` (before 10: `data`).
 * - Item: `type` and `system` without a token.
 * - JournalEntry: `pages`, of which those of type `text` hold `text.content` (HTML) or `text.markdown`; before 10: `content`.
 * - `_key` (`!actors!<id>`), of the command line, says it.
 *
 * Where the texts are in `system` is each game system's own: known are D&D 5e, Pathfinder 2e, SWADE, WFRP 4e, CoC 7 and what
 * names its fields alike. Fields for the game master (`privateNotes`, `gmnotes`, `keeper`) are not read.
 */
import { cleanLine, LONGEST_KIND, LONGEST_NAME } from './entity.ts';
import { htmlToText } from './html-text.ts';
import { type FileRecord, isFields, isList, type Kept } from './json-records.ts';

export interface FoundryText {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
}

export type FoundryFound =
  | { readonly texts: readonly FoundryText[] }
  | { readonly notAnEntity: string; readonly name: string };

type DocumentType = 'Actor' | 'Item' | 'JournalEntry';

/** Lists in an adventure, a world's dump, and how `_key` calls them. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  actors: 'Actor',
  items: 'Item',
  journal: 'JournalEntry',
  journals: 'JournalEntry',
  actor: 'Actor',
  item: 'Item',
  journalentry: 'JournalEntry',
  scenes: 'Scene',
  scene: 'Scene',
  tables: 'RollTable',
  rolltable: 'RollTable',
  macros: 'Macro',
  macro: 'Macro',
  playlists: 'Playlist',
  playlist: 'Playlist',
  cards: 'Cards',
  combats: 'Combat',
  combat: 'Combat',
  folders: 'Folder',
  folder: 'Folder',
  adventures: 'Adventure',
  users: 'User',
  messages: 'ChatMessage',
};

/** Fields that tell a document which is none to know of. */
const OTHERS: readonly (readonly [field: string, document: string])[] = [
  ['walls', 'Scene'],
  ['formula', 'RollTable'],
  ['command', 'Macro'],
  ['sounds', 'Playlist'],
  ['combatants', 'Combat'],
  ['sorting', 'Folder'],
];

/** Item types that are things; the others (spell, feat, class) are called what they are. */
const THINGS = new Set(
  'weapon equipment consumable tool loot container backpack treasure armor shield gear item ammo book'.split(
    ' ',
  ),
);

/** Whether the outermost object has lists that no document has: an adventure's, a world's dump, ours. */
export function isContainer({ keys }: FileRecord): boolean {
  return ['actors', 'journal', 'journals', 'scenes', 'entities'].some((key) => keys.has(key));
}

/** Whether an object that has lists is one document: an actor holds its items. */
export function isDocument(record: FileRecord): boolean {
  const { keys, fields } = record;
  return !isContainer(record) && (typeof fields.name === 'string' || isFoundryKeys(keys));
}

export function isFoundry(record: FileRecord): boolean {
  return typeOf(record) !== undefined;
}

function isFoundryKeys(keys: ReadonlySet<string>): boolean {
  return ['system', 'data', 'pages', 'prototypeToken', 'token', 'content', '_id', '_key', '_stats'].some(
    (key) => keys.has(key),
  );
}

function typeOf({ keys, fields, collection }: FileRecord): string | undefined {
  const byKey = typeof fields._key === 'string' ? /^!(\w+)!/.exec(fields._key)?.[1] : undefined;
  const named = byKey ?? (typeof fields.documentName === 'string' ? fields.documentName : undefined);
  if (named !== undefined) return COLLECTIONS[named.toLowerCase()] ?? named;
  if (keys.has('pages')) return 'JournalEntry';
  if (keys.has('prototypeToken') || keys.has('token')) return 'Actor';
  for (const [field, document] of OTHERS) if (keys.has(field)) return document;
  const listed = COLLECTIONS[collection.toLowerCase()];
  if (listed !== undefined && isFoundryKeys(keys)) return listed;
  if (keys.has('system') || keys.has('data')) return keys.has('items') ? 'Actor' : 'Item';
  if (keys.has('content')) return 'JournalEntry';
  return isFoundryKeys(keys) ? 'Document' : undefined;
}

export function foundryEntities(record: FileRecord): FoundryFound {
  const { fields } = record;
  const name = cleanLine(textIn(fields, 'name'));
  const document = typeOf(record);
  if (!isKnown(document)) return { notAnEntity: document ?? 'Document', name };
  if (document === 'JournalEntry') return { texts: journal(name, fields) };
  const type = cleanLine(textIn(fields, 'type')).toLowerCase();
  const system = fields.system ?? fields.data;
  return {
    texts: [
      {
        name,
        kind: document === 'Actor' ? actorKind(type) : itemKind(type),
        description: description(system),
      },
    ],
  };
}

function isKnown(document: string | undefined): document is DocumentType {
  return document === 'Actor' || document === 'Item' || document === 'JournalEntry';
}

function actorKind(type: string): string {
  return ['vehicle', 'hazard', 'group', 'party', 'loot'].includes(type) ? type : 'person';
}

function itemKind(type: string): string {
  return type === '' || THINGS.has(type) ? 'item' : type.slice(0, LONGEST_KIND);
}

/** One of each page with text; the entry's name alone when there is one page. */
function journal(name: string, fields: { readonly [key: string]: Kept }): FoundryText[] {
  if (!isList(fields.pages)) {
    return [{ name, kind: 'note', description: htmlToText(textIn(fields, 'content')) }];
  }
  const pages = fields.pages
    .map((page) => ({ title: cleanLine(textIn(page, 'name')), text: pageText(at(page, 'text')) }))
    .filter(({ text }) => text !== '');
  const [only, ...more] = pages;
  if (only === undefined) return [{ name, kind: 'note', description: '' }];
  if (more.length === 0) return [{ name, kind: 'note', description: only.text }];
  return pages.map(({ title, text }, index) => {
    const part = title === '' ? String(index + 1) : title;
    const full = title === name ? name : `${name}: ${part}`;
    return { name: full.slice(0, LONGEST_NAME), kind: 'note', description: text };
  });
}

function pageText(text: Kept | undefined): string {
  if (typeof text === 'string') return htmlToText(text);
  const html = htmlToText(textIn(text, 'content'));
  return html === '' ? textIn(text, 'markdown').trim() : html;
}

/** The first that holds text; below an object of several texts, all of them. */
const PLACES: readonly string[] = [
  'details.biography.public',
  'details.biography.value',
  'details.biography',
  'details.publicNotes',
  'biography.value',
  'biography',
  'details.bio',
  'bio',
  'description.value',
  'description.long',
  'description.short',
  'description.description',
  'description',
  'details.description.value',
  'details.description',
  'details.background',
  'background',
  'details.notes.value',
  'details.notes',
  'notes.value',
  'notes',
  'details.appearance',
  'appearance',
];

/** Fields of an object of texts that players do not read, or that are no text about it. */
const PRIVATE =
  /^(gm|private|keeper|secret|hidden|visibility|campaignnotes|allies|chat|unidentified|enemies|organi[sz]ations)/i;

function description(system: Kept | undefined): string {
  for (const place of PLACES) {
    let value: Kept | undefined = system;
    for (const key of place.split('.')) value = at(value, key);
    const text = textsIn(value);
    if (text !== '') return text;
  }
  return '';
}

function textsIn(value: Kept | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return htmlToText(value);
  // Call of Cthulhu: [{ title, value }].
  if (isList(value)) {
    const parts = value.map((item) => [textIn(item, 'title'), htmlToText(textIn(item, 'value'))] as const);
    return parts
      .filter(([, text]) => text !== '')
      .map(([title, text]) => (title === '' ? text : `${title}: ${text}`))
      .join('\n');
  }
  return Object.entries(isFields(value) ? value : {})
    .map(([key, inner]) => (typeof inner === 'string' && !PRIVATE.test(key) ? htmlToText(inner) : ''))
    .filter((text) => text !== '')
    .join('\n');
}

function at(value: Kept | undefined, key: string): Kept | undefined {
  return isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function textIn(value: Kept | undefined, key: string): string {
  const found = at(value, key);
  return typeof found === 'string' ? found : '';
}
