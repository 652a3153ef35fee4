import { expect, test } from 'vitest';
import { createLogger, levelFromEnvironment } from './log.ts';

function capture(): {
  lines: () => Record<string, unknown>[];
  text: () => string;
  write: (line: string) => void;
} {
  let text = '';
  return {
    write: (line) => {
      text += line;
    },
    text: () => text,
    lines: () =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

test('a line is JSON with time, level, program, message and fields', () => {
  const out = capture();
  createLogger({ name: 'controller', level: 'info', destination: out, base: { pod: 'p-0' } }).info(
    { session: 'ns/a', count: 2 },
    'Admitted',
  );
  expect(out.lines()).toEqual([
    {
      time: expect.stringMatching(/Z$/),
      level: 'info',
      program: 'controller',
      pod: 'p-0',
      session: 'ns/a',
      count: 2,
      msg: 'Admitted',
    },
  ]);
});

test('secrets are redacted in fields, child bindings, errors and messages', () => {
  const out = capture();
  const log = createLogger({ name: 'gateway', level: 'info', destination: out });
  log.child({ tenant: 'a', botToken: 'hunter2' }).warn({ nested: { apiKey: 'hunter2' } }, 'fields');
  log.error({ err: new Error('dial postgres://u:hunter2@db/x') }, 'errors');
  log.info('message with postgres://u:hunter2@db/x');
  expect(out.text()).not.toContain('hunter2');
  expect(out.lines()[0]).toMatchObject({
    tenant: 'a',
    botToken: '[redacted]',
    nested: { apiKey: '[redacted]' },
  });
  expect(out.lines()[1]).toMatchObject({ err: { type: 'Error', stack: expect.stringContaining('Error') } });
});

test('an error alone is written under err', () => {
  const out = capture();
  createLogger({ name: 'worker', level: 'info', destination: out }).error(new Error('broken'));
  expect(out.lines()[0]).toMatchObject({ msg: 'broken', err: { message: 'broken' } });
});

test('an unknown level means info', () => {
  expect(levelFromEnvironment('DEBUG')).toBe('debug');
  expect(levelFromEnvironment('loud')).toBe('info');
  expect(levelFromEnvironment(undefined)).toBe('info');
});
