import { PermissionFlagsBits as P } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { COMMAND_NAMES } from '../../src/api/command-names.ts';
import { messagesFor } from '../messages/catalogue.ts';
import { authorize, refusalText } from './authorization.ts';
import { commandNames } from './registry.ts';

const player = { roles: ['1'], permissions: 0n };
const gameMaster = { roles: ['1', '2'], permissions: 0n };
const manager = { roles: [], permissions: P.ManageGuild };

describe('authorize', () => {
  test('a command that is not named needs the game master role', () => {
    const discord = { gameMasterRole: '2' };
    expect(authorize('session start', discord, gameMaster)).toEqual({ allowed: true });
    expect(authorize('session start', discord, player)).toEqual({
      allowed: false,
      needs: 'Role',
      roles: ['2'],
    });
    expect(authorize('session start', discord, manager).allowed).toBe(false);
  });

  test('a named command needs one of its roles, and not the game master role', () => {
    const discord = { gameMasterRole: '2', roles: { 'session start': ['7', '1'] } };
    expect(authorize('session start', discord, player).allowed).toBe(true);
    expect(authorize('session stop', discord, player).allowed).toBe(false);
  });

  test('the full name counts more than the name of the command', () => {
    const discord = { roles: { session: ['2'], 'session status': [] } };
    expect(authorize('session status', discord, player).allowed).toBe(true);
    expect(authorize('session start', discord, player).allowed).toBe(false);
    expect(authorize('session start', discord, gameMaster).allowed).toBe(true);
  });

  test('a command for everyone needs no role, unless it is named', () => {
    const discord = { gameMasterRole: '2' };
    expect(authorize('privacy show', discord, player, 'everyone').allowed).toBe(true);
    const strict = { ...discord, roles: { privacy: ['7'] } };
    expect(authorize('privacy show', strict, player, 'everyone').allowed).toBe(false);
  });

  test('a command with the name of something on every object is not named by it', () => {
    expect(authorize('constructor', { gameMasterRole: '2', roles: {} }, player).allowed).toBe(false);
  });

  test('without any role configured it needs "Manage Server"', () => {
    expect(authorize('session start', {}, player)).toEqual({ allowed: false, needs: 'ManageGuild' });
    expect(authorize('session start', {}, manager).allowed).toBe(true);
    expect(authorize('session start', {}, { roles: [], permissions: P.Administrator }).allowed).toBe(true);
  });
});

test('every command can be named in the map of roles, and skald validate knows it', () => {
  for (const name of commandNames()) expect(COMMAND_NAMES).toContain(name);
});

test('the refusal names what is missing, in the language of the person', () => {
  const refused = { allowed: false, needs: 'Role', roles: ['2', '3'] } as const;
  expect(refusalText(refused, messagesFor('en-GB'))).toContain('<@&2> or <@&3>');
  expect(refusalText(refused, messagesFor('de'))).toContain('<@&2> oder <@&3>');
  expect(refusalText(refused, messagesFor('fr'))).toContain('It needs');
});
