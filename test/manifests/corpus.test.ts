// The corpus without a server: test/integration/validation shows that one says the same.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Finding, report } from '../../cli/validate/report.ts';
import { corpus, expectation } from './corpus.ts';

const lineOf = ({ path, message }: Finding) => expectation(path, message);
const judge = (name: string, text: string) => report([{ name, text }], { strict: false });

test.each(corpus('good'))('$name has no problems', async ({ name, text }) => {
  const { problems, objects } = await judge(name, text);
  expect(problems).toEqual([]);
  expect(objects).toBeGreaterThan(0);
});

test.each(corpus('bad'))(
  '$name is refused with what it expects, each at a line of the file',
  async ({ name, text, refused, expected }) => {
    const { problems } = await judge(name, text);
    // The server looks no further than what it cannot decode.
    const told = refused === 'decode' ? problems.filter(({ rule }) => rule === 'decode') : problems;
    expect(told.map(lineOf).sort()).toEqual(expected);
    expect(told.some(({ rule }) => rule === refused)).toBe(true);
    const lines = text.split('\n');
    for (const { line, column } of problems) {
      expect(lines[line - 1]?.[column - 1]).toMatch(/[^\s#]/);
    }
  },
);

test('the samples of config/samples belong together: no problem with --strict, and no notice', async () => {
  const names = ['tenant', 'bot-token', 'campaign', 'voicesession'];
  const files = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(`config/samples/${name}.yaml`, 'utf8') })),
  );
  expect(await report(files, { strict: true })).toEqual({
    files: 4,
    objects: 3,
    ignored: 1,
    problems: [],
    notices: [],
  });
});
