/** What can be said of every text and command at once: it is there in each language, and Discord takes it. */
import { describe, expect, test } from 'vitest';
import { commandBodies } from '../commands/registry.ts';
import { de } from './de.ts';
import { en } from './en.ts';

const LONG = 'x'.repeat(100);

/** What a text's parameters are filled with: a string, a number, a list and an object in one, so that every text can be made. */
const FILLING: unknown = new Proxy(['`alpha`', '`beta`'], {
  get: (list, key): unknown => {
    if (key === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? 42 : LONG);
    if (key === 'toString' || key === 'toFixed' || key === 'toLocaleString') return () => LONG;
    return key in list ? Reflect.get(list, key) : LONG;
  },
});

/** Every text of a catalogue by its path. A text that needs parameters is made with them. */
function textsOf(node: unknown, path: string): [path: string, text: string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node === 'function') {
    const made: unknown = Reflect.apply(
      node,
      undefined,
      Array.from({ length: node.length }, () => FILLING),
    );
    return [[path, String(made)]];
  }
  if (typeof node !== 'object' || node === null) throw new Error(`${path} is no text`);
  return Object.entries(node).flatMap(([key, value]) => textsOf(value, path === '' ? key : `${path}.${key}`));
}

const english = textsOf(en, '');
const german = textsOf(de, '');

describe('the catalogue', () => {
  test('has the same texts in both languages', () => {
    expect(german.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
  });

  test.each([...english, ...german])('%s', (_path, text) => {
    expect(text.trim()).not.toBe('');
    expect(text.length).toBeLessThanOrEqual(2000);
    expect(text).not.toMatch(/undefined|\[object|NaN/);
  });
});

interface Named {
  readonly name: string;
  readonly name_localizations?: Readonly<Record<string, string | null | undefined>> | null | undefined;
  readonly description?: string;
  readonly description_localizations?: Readonly<Record<string, string | null | undefined>> | null | undefined;
  readonly options?: readonly Named[] | undefined;
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[] | undefined;
}

/** A command, its subcommands and their options, by full name. */
function partsOf(part: Named, path = ''): [path: string, part: Named][] {
  const own = `${path}/${part.name}`;
  return [[own, part], ...(part.options ?? []).flatMap((inner) => partsOf(inner, own))];
}

const bodies: readonly Named[] = commandBodies();

describe('commands', () => {
  test.each(bodies.flatMap((body) => partsOf(body)))('%s', (_path, part) => {
    const descriptions = [part.description, ...Object.values(part.description_localizations ?? {})];
    expect(Object.keys(part.description_localizations ?? {})).toContain('de');
    for (const description of descriptions) {
      expect(description?.length).toBeGreaterThan(0);
      expect(description?.length).toBeLessThanOrEqual(100);
    }
    const names = [part.name, ...Object.values(part.name_localizations ?? {})];
    for (const name of names) expect(name).toMatch(/^[-_\p{Ll}\p{N}]{1,32}$/u);
    expect(part.options?.length ?? 0).toBeLessThanOrEqual(25);
    expect(part.choices?.length ?? 0).toBeLessThanOrEqual(25);
    for (const { name } of part.choices ?? []) expect(name.length).toBeLessThanOrEqual(100);
  });

  test.each(bodies.map((body) => [body.name, body] as const))('/%s is not too large', (_name, body) => {
    const characters = partsOf(body).reduce(
      (sum, [, { name, description, choices }]) =>
        sum + name.length + (description?.length ?? 0) + (choices ?? []).join('').length,
      0,
    );
    expect(characters).toBeLessThanOrEqual(8000);
  });

  test('are no more than a server may have', () => {
    expect(bodies.length).toBeLessThanOrEqual(100);
  });
});
