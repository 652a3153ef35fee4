import { describe, expect, test } from 'vitest';
import { commandsHash } from '../../src/discord/commands-hash.ts';
import { commandBodies } from './registry.ts';

/** What Discord adds to a command when it lists it. */
function asListed(value: object): object {
  const source: Record<string, unknown> = { id: '1', version: '2', nsfw: false, ...value };
  if (Array.isArray(source.options)) {
    source.options = source.options.map((option: object) => {
      const listed: Record<string, unknown> = { required: false, name_localizations: null, ...option };
      if (Array.isArray(listed.options))
        listed.options = listed.options.map((inner: object) => ({ ...inner }));
      return listed;
    });
  }
  return { name_localizations: null, ...source, type: 1, default_member_permissions: null };
}

describe('commandsHash', () => {
  test('is the same for what Discord lists as for what was registered', () => {
    expect(commandsHash(commandBodies().map(asListed))).toBe(commandsHash(commandBodies()));
  });

  test('differs when a text or an option differs', () => {
    const [body] = commandBodies();
    if (body === undefined) throw new Error('no command');
    expect(commandsHash([{ ...body, description: 'other' }])).not.toBe(commandsHash([body]));
    expect(commandsHash([{ ...body, options: body.options?.slice(1) }])).not.toBe(commandsHash([body]));
    expect(commandsHash([])).not.toBe(commandsHash([body]));
  });
});
