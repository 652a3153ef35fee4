// The CRDs' schemas for src/validation: as they are, without what only people read. A module, not files beside the
// program, so that a bundle carries them.
import { parse } from 'yaml';
import type { CustomResourceDefinition } from './schema.ts';

export function renderDefinitions(definitions: readonly CustomResourceDefinition[]): string {
  const values = definitions.map(({ kind, group, version, namespaced, text }) => ({
    kind,
    apiVersion: `${group}/${version}`,
    namespaced,
    schema: withoutDescriptions(parse(text).spec.versions[0].schema.openAPIV3Schema),
  }));
  return [
    '// Generated from crds/ by `npm run generate`. Do not edit.',
    "import type { Definition } from '../schema.ts';",
    '',
    `export const definitions: readonly Definition[] = ${JSON.stringify(values, undefined, 1)};`,
    '',
  ].join('\n');
}

/** A property may be called `description`; only the keyword goes. */
function withoutDescriptions(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDescriptions);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => {
      if (keyword === 'description' && typeof value === 'string') return [];
      if (keyword === 'default' || keyword === 'enum') return [[keyword, value]];
      return [[keyword, withoutDescriptions(value)]];
    }),
  );
}
