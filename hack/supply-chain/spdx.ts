// SPDX licence expressions: `MIT`, `(MIT OR CC0-1.0)`, `Apache-2.0 AND BSD-3-Clause`, `GPL-2.0 WITH exception`.

/**
 * Whether the expression can be met with licences of the list alone.
 * @throws SyntaxError when it is no expression.
 */
export function isSatisfied(expression: string, allowed: ReadonlySet<string>): boolean {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const next = () => tokens[at];
  const fail = (): never => {
    throw new SyntaxError(`"${expression}" is no SPDX licence expression`);
  };
  const term = (): boolean => {
    const token = tokens[at++];
    if (token === '(') {
      const inner = any();
      if (tokens[at++] !== ')') fail();
      return inner;
    }
    if (token === undefined || !/^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(token) || /^(AND|OR|WITH)$/.test(token))
      fail();
    if (next() !== 'WITH') return allowed.has(token ?? '');
    at += 1;
    const exception = tokens[at++] ?? fail();
    return allowed.has(`${token} WITH ${exception}`);
  };
  const all = (): boolean => {
    let met = term();
    while (next() === 'AND') {
      at += 1;
      met = term() && met;
    }
    return met;
  };
  const any = (): boolean => {
    let met = all();
    while (next() === 'OR') {
      at += 1;
      met = all() || met;
    }
    return met;
  };
  const met = any();
  if (at !== tokens.length) fail();
  return met;
}
