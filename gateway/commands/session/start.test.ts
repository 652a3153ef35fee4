import { describe, expect, test } from 'vitest';
import { sessionName } from './start.ts';

describe('sessionName', () => {
  test('is the same for the same interaction, and another for another', () => {
    expect(sessionName('night', '1')).toBe(sessionName('night', '1'));
    expect(sessionName('night', '1')).not.toBe(sessionName('night', '2'));
  });

  test('is a label, however long the campaign is', () => {
    const name = sessionName(`${'a'.repeat(42)}-${'b'.repeat(20)}`, '1');
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(63);
  });
});
