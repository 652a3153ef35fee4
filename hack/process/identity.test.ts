import { describe, expect, test } from 'vitest';
import { identify, parseIdentity, parseStat, stillRuns } from './identity.ts';

const recorded = { pid: 42, startTime: '1000', bootId: 'boot-1' };

describe('a recorded process', () => {
  test('still runs while pid, start time and boot are the same', () => {
    expect(stillRuns(recorded, () => ({ ...recorded }))).toBe(true);
  });

  test('does not run when its pid now belongs to a process that started later', () => {
    expect(stillRuns(recorded, (pid) => ({ pid, startTime: '2000', bootId: 'boot-1' }))).toBe(false);
  });

  test('does not run when the machine was booted meanwhile', () => {
    expect(stillRuns(recorded, () => ({ ...recorded, bootId: 'boot-2' }))).toBe(false);
  });

  test('does not run when there is no process with its pid', () => {
    expect(stillRuns(recorded, () => undefined)).toBe(false);
  });

  test('is found again from what was written about it', () => {
    const self = identify(process.pid);
    expect(self).toBeDefined();
    const read = parseIdentity(JSON.stringify(self));
    expect(read).toEqual(self);
    expect(read && stillRuns(read)).toBe(true);
  });

  test('half-written records are not identities', () => {
    expect(parseIdentity('{"pid":42')).toBeUndefined();
    expect(parseIdentity('{"pid":42}')).toBeUndefined();
  });
});

test('a command with spaces and parentheses does not shift the fields of /proc/<pid>/stat', () => {
  const fields = ['S', '7', ...Array.from({ length: 17 }, () => '0'), '98765', '0'];
  expect(parseStat(`42 (a) b (c)) ${fields.join(' ')}\n`)).toEqual({
    state: 'S',
    parent: 7,
    startTime: '98765',
  });
});
