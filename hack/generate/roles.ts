// The JSON schema of `Tenant.spec.discord.roles`, for editors: the CRD's own, with the commands that exist.
import { COMMAND_NAMES } from '../../src/api/command-names.ts';
import type { CustomResourceDefinition, Schema } from './schema.ts';

export const ROLES_SCHEMA = 'docs/schema/roles.schema.json';

/** @throws {Error} when the Tenant's schema has no such field. */
export function renderRolesSchema(definitions: readonly CustomResourceDefinition[]): string {
  const tenant = definitions.find(({ kind }) => kind === 'Tenant')?.schema;
  const roles = tenant?.properties?.spec?.properties?.discord?.properties?.roles;
  const ids = roles?.additionalProperties;
  if (roles === undefined || ids === undefined) throw new Error('Tenant.spec.discord.roles is not a map');
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tenant.spec.discord.roles',
    description: roles.description,
    type: 'object',
    ...roles.limits,
    properties: Object.fromEntries(COMMAND_NAMES.map((name) => [name, { $ref: '#/$defs/roles' }])),
    // The API server takes other names; `skald validate` says that they have no effect.
    additionalProperties: false,
    $defs: { roles: jsonSchema(ids) },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function jsonSchema(schema: Schema): object {
  const { description, type, items, limits } = schema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(type === undefined ? {} : { type }),
    ...limits,
    ...(schema['x-kubernetes-list-type'] === 'set' ? { uniqueItems: true } : {}),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
  };
}
