import { definitions, type JsonObject, validateObject } from '../../../src/validation/index.ts';
import { expectation } from '../../manifests/corpus.ts';
import type { Verdict } from './server.ts';

/** What the validator says, as far as the server would: what it cannot decode it looks at no further. */
export function offlineVerdict(object: JsonObject): Verdict {
  const definition = definitions.find(({ kind }) => kind === object.get('kind'));
  if (definition === undefined) throw new Error(`no such kind: ${object.get('kind')}`);
  const { problems } = validateObject(object, definition);
  const decode = problems.filter(({ rule }) => rule === 'decode');
  const malformed = decode.filter(({ message }) => message.startsWith('json: ')).slice(0, 1);
  const said = [malformed, decode, problems].find((list) => list.length > 0) ?? [];
  return said.map(({ field, message }) => expectation(field, message)).sort();
}
