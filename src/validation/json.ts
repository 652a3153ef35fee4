// JSON as the API server holds it: whole numbers and others are different things, and an object is a map, so that
// no key means anything to JavaScript.

/** A whole number is a bigint, any other number a number. */
export type Json = null | boolean | string | bigint | number | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

/** Where in an object: field names, keys and indexes from its root. */
export type Path = readonly (string | number)[];

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** What the API server makes of a number: int64 when it is whole and fits, else float64. */
export function numberOf(value: number | bigint): number | bigint {
  if (typeof value === 'bigint') return value >= INT64.least && value <= INT64.most ? value : Number(value);
  // Go's encoder writes exponents from 1e21 on, and such a number is no integer to the decoder.
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21 || Object.is(value, -0)) return value;
  return numberOf(BigInt(value));
}

/** Plain JavaScript values in the API server's form. Throws on what JSON cannot hold. */
export function jsonOf(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return numberOf(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return new Map(entries.map(([key, item]) => [key, jsonOf(item)]));
  }
  throw new Error(`${typeof value} is no JSON`);
}

/** The reverse of {@link jsonOf}; whole numbers become numbers. */
export function plainOf(value: Json): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isList(value)) return value.map(plainOf);
  if (!isObject(value)) return value;
  const plain: Record<string, unknown> = Object.create(null);
  for (const [key, item] of value) plain[key] = plainOf(item);
  return plain;
}

/** The value at a path, undefined when there is none. */
export function at(value: Json | undefined, path: Path): Json | undefined {
  let here = value;
  for (const step of path) {
    if (typeof step === 'number') here = isList(here) ? here[step] : undefined;
    else here = isObject(here) ? here.get(step) : undefined;
  }
  return here;
}
