// What an unquoted YAML word is to kubectl and the API server (go.yaml.in/yaml/v2): nearly YAML 1.1, where `yes` is
// true and 010 is eight. The validator must read a file as they do.
import { numberOf } from '../../src/validation/json.ts';

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:|~|null|Null|NULL)$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d{2}:\d{2})?)?$/;

/** Throws on infinity and NaN, which JSON does not have. */
export function plainScalar(source: string): null | boolean | string | bigint | number {
  if (NULL.test(source)) return null;
  if (TRUE.test(source)) return true;
  if (FALSE.test(source)) return false;
  if (NOT_FINITE.test(source)) throw new Error(`${source} is no number in JSON`);
  if (!/^[-+.0-9]/.test(source) || TIMESTAMP.test(source)) return source;
  const digits = source.startsWith('.') ? source : source.replaceAll('_', '');
  const integer = integerOf(digits);
  if (integer !== undefined) return numberOf(integer);
  if (!FLOAT.test(digits)) return source;
  const number = Number(digits);
  return Number.isFinite(number) ? numberOf(number) : source;
}

/** Go's `strconv.ParseInt` and `ParseUint` with base 0. */
function integerOf(digits: string): bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)$/.exec(digits);
  if (match === null) return undefined;
  const [, sign, body = ''] = match;
  const size = BigInt(body.replace(/^0[oO]?(?=[0-7])/, '0o'));
  const value = sign === '-' ? -size : size;
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value : undefined;
}
