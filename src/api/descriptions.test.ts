// `kubectl explain` is the API's manual: every field of the CRDs has a description that reads as one.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly type?: string;
}

interface Crd {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: Schema };
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly description?: string }[];
    }[];
  };
}

async function versionOf(kind: string) {
  const text = await readFile(new URL(`../../crds/${kind}.yaml`, import.meta.url), 'utf8');
  const crd: Crd = parse(text);
  const [version] = crd.spec.versions;
  if (version === undefined) throw new Error(`${kind} has no version`);
  return version;
}

/** Every field, and every kind of object in a list. */
function* fields(schema: Schema, path: string): Generator<readonly [path: string, schema: Schema]> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const here = `${path}.${name}`;
    yield [here, child];
    yield* fields(child, here);
    if (child.items?.type === 'object') {
      yield [`${here}[]`, child.items];
      yield* fields(child.items, `${here}[]`);
    }
  }
}

describe.each(['tenants', 'campaigns', 'voicesessions'])('%s', (kind) => {
  test('every field says in a sentence what it is', async () => {
    const { schema } = await versionOf(kind);
    const { spec, status } = schema.openAPIV3Schema.properties ?? {};
    const all = [...fields({ properties: { ...(spec && { spec }), ...(status && { status }) } }, '')];
    expect(all.length).toBeGreaterThan(40);
    // A capital, a number or a literal at the beginning; a full stop at the end; and more than the field's own name.
    const sentence = /^[A-Z0-9`'"].*[.)]$/s;
    const bad = all.filter(
      ([, { description = '' }]) => !sentence.test(description) || description.length < 10,
    );
    expect(bad.map(([path, { description }]) => `${path}: ${description}`)).toEqual([]);
  });

  test('every column that needs one has a description', async () => {
    const { additionalPrinterColumns } = await versionOf(kind);
    const bare = additionalPrinterColumns.filter(({ name, description }) => name !== 'Age' && !description);
    expect(bare).toEqual([]);
  });
});
