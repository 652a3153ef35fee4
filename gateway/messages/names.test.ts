import { expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/api/command-names.ts';
import { commandBodies } from '../commands/registry.ts';
import { messagesFor } from './catalogue.ts';
import { germanName, withGermanNames } from './names.ts';

test('texts call commands as a German client shows them', () => {
  expect(withGermanNames('Nimm `/session stop` oder `/npc speak NPC TEXT`.')).toBe(
    'Nimm `/runde beenden` oder `/figur sprechen NPC TEXT`.',
  );
  expect(withGermanNames('`/etc passwd` und `night-1`')).toBe('`/etc passwd` und `night-1`');
  const { session } = messagesFor('de');
  expect(session.refusal.alreadyRunning('night-1', 'night', undefined)).toContain('`/runde beenden`');
  expect(messagesFor('en').session.refusal.alreadyRunning('night-1', 'night', undefined)).toContain(
    '`/session stop`',
  );
});

test('no two commands beside one another have the same German name', () => {
  const german = COMMAND_NAMES.map((name) => name.split(' ').map(germanName).join(' '));
  expect(new Set(german).size).toBe(COMMAND_NAMES.length);
});

interface Part {
  readonly name: string;
  readonly options?: readonly Part[] | undefined;
  readonly name_localizations?: Readonly<Record<string, string | null | undefined>> | null | undefined;
}

test('commands are registered with both names; options of one command differ in both', () => {
  const bodies: readonly Part[] = commandBodies();
  const session = bodies.find(({ name }) => name === 'session');
  expect(session?.name_localizations).toEqual({ de: 'runde' });
  const check = ({ options = [] }: Part): void => {
    expect(new Set(options.map(({ name }) => germanName(name))).size).toBe(options.length);
    for (const option of options) check(option);
  };
  for (const body of bodies) check(body);
});
