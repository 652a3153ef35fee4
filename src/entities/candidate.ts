/** What a record of a file is as an entity, or why it is none. */
import {
  type Audience,
  checkEntity,
  type EntityProblem,
  type EntityText,
  knowledgeOf,
  LONGEST_DESCRIPTION,
} from './entity.ts';
import type { FilePosition } from './file-error.ts';
import { foundryEntities, isFoundry } from './foundry.ts';
import { type FileRecord, isList, type Kept } from './json-records.ts';
import { shorten } from './shorten.ts';

export type SkipReason =
  | EntityProblem
  /** Of a kind that holds nothing to know, such as a macro. */
  | { readonly problem: 'notAnEntity'; readonly kind: string }
  | { readonly problem: 'noRecord' }
  /** Its name is in the file before, at this line. */
  | { readonly problem: 'repeated'; readonly line: number };

export interface Candidate {
  readonly position: FilePosition;
  /** What the record is called, as far as it says; empty when it does not. */
  readonly name: string;
  readonly found:
    | { readonly entity: EntityText; readonly shortened: boolean }
    | { readonly skipped: SkipReason };
}

const FIELDS = ['name', 'kind', 'description', 'knowledge'];

/** @param audience who knows of what does not say so itself */
export function candidatesOf(record: FileRecord, audience: Audience): Candidate[] {
  if (isFoundry(record)) {
    const { position } = record;
    const found = foundryEntities(record);
    if ('notAnEntity' in found) {
      return [
        {
          position,
          name: found.name,
          found: { skipped: { problem: 'notAnEntity', kind: found.notAnEntity } },
        },
      ];
    }
    return found.texts.map((text) => {
      const description = shorten(text.description, LONGEST_DESCRIPTION);
      const given = { ...text, description, knowledge: knowledgeOf(audience) };
      return { position, name: text.name, found: checked(given, description !== text.description) };
    });
  }
  return [{ position: record.position, name: shown(record.fields.name), found: own(record, audience) }];
}

function own({ keys, fields }: FileRecord, audience: Audience): Candidate['found'] {
  for (const key of keys) {
    if (!FIELDS.includes(key)) return { skipped: { problem: 'unknownField', field: key } };
  }
  for (const key of ['name', 'kind', 'description'] as const) {
    if (keys.has(key) && typeof fields[key] !== 'string')
      return { skipped: { problem: 'notText', field: key } };
  }
  const knowledge = keys.has('knowledge') ? scopes(fields.knowledge) : knowledgeOf(audience);
  if (knowledge === undefined) return { skipped: { problem: 'knowledge' } };
  const { name, kind, description } = fields;
  return checked({ name: shown(name), kind: shown(kind), description: shown(description), knowledge }, false);
}

function checked(given: EntityText, shortened: boolean): Candidate['found'] {
  const entity = checkEntity(given);
  return 'problem' in entity ? { skipped: entity } : { entity, shortened };
}

function scopes(value: Kept | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  if (!isList(value)) return undefined;
  const texts: string[] = [];
  for (const item of value) {
    if (typeof item !== 'string') return undefined;
    texts.push(item);
  }
  return texts;
}

function shown(value: Kept | undefined): string {
  return typeof value === 'string' ? value : '';
}
