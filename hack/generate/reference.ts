// docs/api.md: every field of the three kinds, for people. `kubectl explain` shows the same in the cluster.
import type { CustomResourceDefinition, Limits, Schema } from './schema.ts';

const HEADER = `<!-- Generated from crds/ by \`npm run generate\`. Do not edit. -->
# API

The kinds of \`skald.dev/v1alpha1\`, field by field. \`crds/\` is the source, \`kubectl explain\` shows the same. In the
column Default, **required** means that the field must be given (inside its parent, when that is given).
\`[]\` stands for an element of a list. Ids of Discord are strings: put them in quotes. Some fields are accepted and not
acted upon by this version: see [known limits](operations.md#known-limits).
`;

/** The form of Kubernetes' own conditions is not repeated. */
const CONDITIONS = 'status.conditions';

export function renderReference(definitions: readonly CustomResourceDefinition[]): string {
  return [HEADER, ...definitions.map(renderKind)].join('\n');
}

function renderKind({ kind, plural, group, namespaced, schema }: CustomResourceDefinition): string {
  const scope = namespaced ? "in a tenant's namespace" : 'cluster-wide';
  const parts = [`## ${kind}`, `\`${plural}.${group}\`, ${scope}. ${schema.description ?? ''}`];
  const rules = rulesBelow(schema, '');
  for (const part of ['spec', 'status']) {
    const field = schema.properties?.[part];
    if (field === undefined) continue;
    const rows = rowsBelow(field, part).join('\n');
    parts.push(`### ${kind} ${part}`, field.description ?? '');
    parts.push(`| Field | Type | Default | Description |\n|---|---|---|---|\n${rows}`);
  }
  if (rules.length > 0) parts.push(`### ${kind} rules`, 'What the API server checks beyond single fields:');
  if (rules.length > 0) parts.push(rules.join('\n'));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function rowsBelow(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const own = `${path}.${name}`;
    const fallback = field.default === undefined ? undefined : code(JSON.stringify(field.default));
    const required = schema.required?.includes(name) ? '**required**' : '';
    const cells = [code(own), typeOf(field), fallback ?? required, descriptionOf(field)];
    const row = `| ${cells.map(cell).join(' | ')} |`;
    if (own === CONDITIONS) return [row];
    return [row, ...rowsBelow(field, own), ...rowsBelow(field.items ?? {}, `${own}[]`)];
  });
}

function rulesBelow(schema: Schema, path: string): string[] {
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const own = (schema.rules ?? []).map((rule) => `- ${path === '' ? '' : `${code(path)}: `}${rule}`);
  return [
    ...own,
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rulesBelow(field, inside(name))),
    ...(schema.items === undefined ? [] : rulesBelow(schema.items, `${path}[]`)),
  ];
}

function typeOf(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (schema.enum !== undefined)
    return schema.enum.map((value) => code(value === '' ? '""' : value)).join(', ');
  if (schema.items !== undefined) {
    return `${schema['x-kubernetes-list-type'] === 'set' ? 'set' : 'list'} of ${typeOf(schema.items)}`;
  }
  if (schema.additionalProperties !== undefined) return `map to ${typeOf(schema.additionalProperties)}`;
  return schema.format === 'date-time' ? 'time' : (schema.type ?? 'any');
}

function descriptionOf(schema: Schema): string {
  const limits = limitsInWords(schema.limits ?? {});
  const element = schema.items ?? schema.additionalProperties;
  const each = element?.properties === undefined ? limitsInWords(element?.limits ?? {}) : [];
  const all = [...limits, ...(each.length === 0 ? [] : [`each ${each.join(', ')}`])];
  const sentence = all.length === 0 ? '' : ` (${all.join('; ')})`;
  return `${schema.description ?? ''}${sentence}`.trim();
}

function limitsInWords(limits: Limits): string[] {
  const { minLength, maxLength, minItems, maxItems, minProperties, maxProperties, minimum, maximum } = limits;
  return [
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' elements'),
    range(minProperties, maxProperties, ' entries'),
    range(minimum, maximum, ''),
    limits.pattern === undefined ? undefined : `matches ${code(limits.pattern)}`,
  ].filter((text) => text !== undefined);
}

function range(least: number | undefined, most: number | undefined, unit: string): string | undefined {
  if (least === undefined && most === undefined) return undefined;
  if (most === undefined) return `at least ${least}${least === 1 ? singular(unit) : unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

function singular(unit: string): string {
  return unit.replace(/ies$/, 'y').replace(/s$/, '');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** One line, and without a bar that would end the cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
