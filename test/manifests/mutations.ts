// Random changes of manifests: fields dropped, doubled, of another type, out of range, with any character.
import fc from 'fast-check';
import { at, isList, isObject, type Json, type JsonObject, type Path } from '../../src/validation/index.ts';
import { changed } from './violations.ts';

/** Every place below `metadata` and `spec`. */
export function pathsOf(value: Json, path: Path): Path[] {
  const steps = isList(value) ? [...value.keys()] : isObject(value) ? [...value.keys()] : [];
  const below = steps
    .filter((step) => path.length > 0 || step === 'spec' || step === 'metadata')
    .flatMap((step) => pathsOf(at(value, [step]) ?? null, [...path, step]));
  return path.length === 0 ? below : [path, ...below];
}

const characters = fc.oneof(
  fc.constantFrom(
    ...'aZ09-._/:@ #\\"<&',
    '\u00a0',
    '\u2028',
    '\u0000',
    '\u007f',
    '\n',
    '\t',
    'é',
    'ß',
    '村',
    '🏰',
    '\u200b',
    '\ufeff',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
);
const texts = fc.oneof(
  fc.array(characters, { maxLength: 24 }).map((parts) => parts.join('').toWellFormed()),
  fc
    .tuple(characters, fc.constantFrom(1, 20, 21, 40, 63, 64, 65, 128, 129, 253, 254, 513))
    .map(([one, times]) => one.toWellFormed().repeat(times)),
  fc.constantFrom(
    'default',
    'kube-x',
    'true',
    '1',
    '100000000000000001',
    'https://a.b/c',
    'cloud',
    'Live',
    'Recap',
    'Greta',
    'greta',
    '1Gi',
  ),
);
const numbers: fc.Arbitrary<Json> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -2, max: 100_000 }).map(BigInt),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.constantFrom(0.1, 0.5, 1.5, 59.999999999999, 60.0000000001, 1e-7, 1.25e21),
);
const leaves: fc.Arbitrary<Json> = fc.oneof(texts, numbers, fc.boolean(), fc.constant(null));
const values: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: leaves },
  { weight: 1, arbitrary: fc.array(leaves, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(fc.tuple(texts, leaves), { maxLength: 3, selector: ([key]) => key })
      .map((list): Json => new Map(list)),
  },
);

type Mutation = (value: Json) => Json | undefined;
const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  values.map(
    (value): Mutation =>
      () =>
        value,
  ),
  values.map(
    (value): Mutation =>
      () =>
        value,
  ),
  texts.chain((key) =>
    values.map(
      (value): Mutation =>
        (old) => {
          if (isList(old)) return [...old, value];
          return isObject(old) ? new Map([...old, [key, value]]) : undefined;
        },
    ),
  ),
  fc.nat(20).map(
    (index): Mutation =>
      (old) => {
        if (isList(old)) return old.filter((_, position) => position !== index % Math.max(1, old.length));
        if (!isObject(old)) return undefined;
        return new Map([...old].filter((_, position) => position !== index % Math.max(1, old.size)));
      },
  ),
  fc.constant<Mutation>((old) => {
    const [first] = isList(old) ? old : [];
    return isList(old) && first !== undefined ? [...old, first] : undefined;
  }),
  fc.constant<Mutation>((old) => (typeof old === 'string' ? old.toUpperCase() : undefined)),
);

/** One of the originals with one to three changes. */
export function mutated(originals: readonly JsonObject[]): fc.Arbitrary<JsonObject> {
  return fc
    .constantFrom(...originals)
    .chain((original) =>
      fc.tuple(
        fc.constant(original),
        fc.array(fc.tuple(fc.nat(), mutations), { minLength: 1, maxLength: 3 }),
      ),
    )
    .map(([original, changes]) =>
      changes.reduce<JsonObject>((object, [place, mutation]) => {
        const paths = pathsOf(object, []);
        const path = paths[place % paths.length];
        return (path === undefined ? undefined : changed(object, path, mutation)) ?? object;
      }, original),
    );
}
