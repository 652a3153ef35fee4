// Values as the API server prints them in its messages, which Go's fmt, strconv and encoding/json do.
import { isList, isObject, type Json } from './json.ts';

/** `strconv.Quote`. */
export function quote(text: string): string {
  let quoted = '"';
  for (const character of text) quoted += quotedCharacter(character);
  return `${quoted}"`;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

function quotedCharacter(character: string): string {
  const short = SHORT.get(character);
  if (short !== undefined) return short;
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  // Half of a surrogate pair is no character in UTF-8.
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** Go writes numbers from here on with an exponent, JavaScript from 1e21 on. */
const EXPONENT_FROM = 6;

/** `%v` of an int64 or float64. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const text = value.toExponential();
  const exponent = Number(text.slice(text.indexOf('e') + 1));
  if (exponent >= -4 && exponent < EXPONENT_FROM) return value.toString();
  return withTwoDigits(text);
}

/** `encoding/json.Marshal`: sorted keys, and what HTML reads as its own escaped. */
export function marshal(value: Json): string {
  if (typeof value === 'string') return marshalString(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return marshalNumber(value);
  if (isList(value)) return `[${value.map(marshal).join(',')}]`;
  if (isObject(value)) {
    const entries = [...value].sort(([a], [b]) => compareBytes(a, b));
    return `{${entries.map(([key, item]) => `${marshalString(key)}:${marshal(item)}`).join(',')}}`;
  }
  return String(value);
}

function marshalNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return value.toExponential().replace(/e-0(\d)$/, 'e-$1');
  return Object.is(value, -0) ? '-0' : value.toString();
}

function marshalString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029\u007f]/g, (character) =>
    character === '\u007f' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function withTwoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
