// The YAML list of entities in a ConfigMap, checked as the CRD checks the list in the Campaign itself.
import type { Campaign, Entity } from '../api/index.ts';
import type { EntitiesSource } from './campaign.ts';

const MOST_ENTITIES = 2048;
const LONGEST_DESCRIPTION = 2048;
/** Of all of them as JSON, bytes: they become part of the Campaign, and the API server stores no object of 1.5 MiB. */
const MOST_BYTES = 512 * 1024;

export async function entitiesFrom(
  campaign: Pick<Campaign, 'spec'>,
  configMap: { readonly data?: Readonly<Record<string, string>> } | undefined,
): Promise<EntitiesSource> {
  const ref = campaign.spec.entitiesFrom?.configMapRef;
  if (ref === undefined) return { state: 'none' };
  if (configMap === undefined) {
    return { state: 'missing', message: `ConfigMap ${ref.name} of entitiesFrom does not exist.` };
  }
  const text = configMap.data?.[ref.key];
  if (text === undefined) {
    return { state: 'missing', message: `ConfigMap ${ref.name} of entitiesFrom has no key ${ref.key}.` };
  }
  // By its default export: a bundle gives a lazily loaded CommonJS package no others.
  const { default: yaml } = await import('yaml');
  let value: unknown;
  try {
    value = yaml.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : 'it cannot be read';
    return { state: 'invalid', message: `ConfigMap ${ref.name}, key ${ref.key} is not YAML: ${why}` };
  }
  const invalid = (why: string): EntitiesSource => {
    return { state: 'invalid', message: `ConfigMap ${ref.name}, key ${ref.key}: ${why}` };
  };
  if (!Array.isArray(value)) return invalid('must hold a list of entities.');
  if (value.length > MOST_ENTITIES)
    return invalid(`has ${value.length} entities; at most ${MOST_ENTITIES} are allowed.`);
  const entities: Entity[] = [];
  for (const [index, item] of value.entries()) {
    const entity = entityOf(item);
    if (entity === undefined)
      return invalid(
        `entity ${index + 1} needs a name and a description (texts), and at most kind and knowledge.`,
      );
    entities.push(entity);
  }
  const bytes = Buffer.byteLength(JSON.stringify(entities));
  if (bytes > MOST_BYTES) {
    return invalid(
      `has ${Math.ceil(bytes / 1024)} KiB of entities; at most ${MOST_BYTES / 1024} KiB are allowed.`,
    );
  }
  return { state: 'read', entities };
}

function entityOf(item: unknown): Entity | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { name, kind, description, knowledge, ...rest }: Record<string, unknown> = { ...item };
  if (Object.keys(rest).length > 0) return undefined;
  if (typeof name !== 'string' || name === '' || name.length > 128) return undefined;
  if (typeof description !== 'string' || description === '' || description.length > LONGEST_DESCRIPTION)
    return undefined;
  if (kind !== undefined && (typeof kind !== 'string' || kind.length > 64)) return undefined;
  const scopes = knowledge === undefined ? undefined : textsOf(knowledge);
  if (knowledge !== undefined && scopes === undefined) return undefined;
  return {
    name,
    description,
    ...(kind === undefined ? {} : { kind }),
    ...(scopes === undefined ? {} : { knowledge: scopes }),
  };
}

function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > 16) return undefined;
  return value.every((item) => typeof item === 'string' && item.length <= 64) ? value : undefined;
}
