import {
  type APIInteraction,
  ApplicationCommandOptionType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import type { TenantDiscord } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import type { Command } from './command.ts';
import {
  type AskedBy,
  aHost,
  autocompleteInteraction,
  buttonInteraction,
  commandInteraction,
  GUILD,
  modalInteraction,
  GAME_MASTER_ROLE as ROLE,
  recordingApi,
} from './fixtures.ts';
import { CommandRouter, commandOf } from './router.ts';

function setup(
  change: {
    readonly discord?: Partial<TenantDiscord>;
    readonly fails?: boolean;
    readonly commands?: readonly Command[];
  } = {},
) {
  const { api, calls } = recordingApi();
  const router = new CommandRouter({
    api,
    host: aHost({
      sessions: () => {
        if (change.fails === true) throw new Error('the cache is broken');
        return [];
      },
    }),
    discord: () => ({
      applicationId: '1',
      interactions: 'gateway',
      guilds: [GUILD],
      gameMasterRole: ROLE,
      ...change.discord,
    }),
    clock: new FakeClock(),
    log: silentLogger(),
    ...(change.commands === undefined ? {} : { commands: change.commands }),
  });
  const answers = () =>
    calls.flatMap((call) =>
      'body' in call ? [{ text: call.body.content, ephemeral: call.body.flags !== undefined }] : [],
    );
  return { router, calls, answers };
}

test('runs the subcommand, and answers in the language of the person', async () => {
  const { router, answers } = setup();
  await router.handle(commandInteraction('session status'));
  await router.handle(commandInteraction('session status', [], { locale: 'de' }));
  expect(answers()).toEqual([
    { text: 'No session runs on this server.', ephemeral: true },
    { text: 'Auf diesem Server läuft keine Runde.', ephemeral: true },
  ]);
});

test('in a direct message the answer says that it works on a server', async () => {
  const { router, answers } = setup();
  await router.handle(commandInteraction('session status', [], { guild: null }));
  expect(answers()[0]?.text).toContain('works on a server only');
});

test('a command that fails is answered all the same', async () => {
  const { router, answers } = setup({ fails: true });
  await router.handle(commandInteraction('session status'));
  expect(answers()).toEqual([{ text: expect.stringContaining('Something went wrong'), ephemeral: true }]);
});

test.each([
  ['subcommand', commandInteraction('session dance')],
  ['command', commandInteraction('dance')],
  ['button', buttonInteraction('session:dance:night-1')],
  ['custom id of another bot', buttonInteraction('dance')],
  ['form', modalInteraction('session:dance', {})],
])('a %s that is not known any more is answered', async (_, interaction) => {
  const { router, answers } = setup();
  await router.handle(interaction);
  expect(answers()).toEqual([{ text: expect.stringContaining('earlier version'), ephemeral: true }]);
});

/** A command of every kind that writes down what it was given. */
function probe(seen: unknown[]): Command[] {
  return [
    {
      name: 'probe',
      describe: () => {},
      run: async ({ options, reply }) => {
        seen.push([
          'run',
          options.integer('count'),
          options.boolean('loud'),
          options.user('who')?.displayName,
        ]);
        seen.push(options.attachment('file'));
        await reply.modal({
          customId: 'probe:form:x',
          title: 'Form',
          fields: [{ id: 'name', label: 'Name' }],
        });
      },
      complete: ({ focused, typed, options }) => {
        seen.push(['complete', focused, typed, options.get('count')]);
        return Array.from({ length: 40 }, (_unused, index) => ({ name: `n${index}`, value: index }));
      },
      components: [
        {
          action: 'press',
          permission: 'session stop',
          run: async ({ args, messageId, reply }) => {
            seen.push(['press', args, messageId]);
            await reply.update('pressed');
          },
        },
      ],
      modals: [
        {
          action: 'form',
          run: async ({ args, fields, reply }) => {
            seen.push(['form', args, fields.get('name')]);
            await reply.send('thanks', { ephemeral: true });
          },
        },
      ],
    },
    {
      name: 'open',
      access: 'everyone',
      describe: () => {},
      run: async ({ reply }) => await reply.send('open', { ephemeral: true }),
      components: [
        { action: 'press', run: async ({ reply }) => await reply.send('open', { ephemeral: true }) },
      ],
    },
  ];
}

const TYPING = [
  { type: ApplicationCommandOptionType.Integer, name: 'count', value: 3 },
  { type: ApplicationCommandOptionType.String, name: 'name', value: 'ab', focused: true },
];

describe('every kind of interaction reaches its command', () => {
  test('a command without subcommands, with options of every kind', async () => {
    const seen: unknown[] = [];
    const { router, calls } = setup({ commands: probe(seen) });
    const given = [
      { type: ApplicationCommandOptionType.Integer, name: 'count', value: 3 },
      { type: ApplicationCommandOptionType.Boolean, name: 'loud', value: false },
      { type: ApplicationCommandOptionType.User, name: 'who', value: '8' },
      { type: ApplicationCommandOptionType.Attachment, name: 'file', value: '9' },
    ];
    await router.handle(
      commandInteraction(
        'probe',
        given,
        {},
        {
          users: { 8: { id: '8', username: 'sam', global_name: 'Sam' } },
          members: { 8: { nick: 'Samwise' } },
          attachments: { 9: { id: '9', url: 'https://cdn.invalid/x', size: 12, filename: 'x.yaml' } },
        },
      ),
    );
    expect(seen).toEqual([
      ['run', 3, false, 'Samwise'],
      { id: '9', url: 'https://cdn.invalid/x', size: 12, filename: 'x.yaml', contentType: undefined },
    ]);
    expect(calls).toMatchObject([{ kind: 'modal', modal: { custom_id: 'probe:form:x', title: 'Form' } }]);
  });

  test('a form', async () => {
    const seen: unknown[] = [];
    const { router, answers } = setup({ commands: probe(seen) });
    await router.handle(modalInteraction('probe:form:x', { name: 'Bart' }));
    expect(seen).toEqual([['form', ['x'], 'Bart']]);
    expect(answers()).toEqual([{ text: 'thanks', ephemeral: true }]);
  });

  test('a button', async () => {
    const seen: unknown[] = [];
    const { router, calls } = setup({ commands: probe(seen) });
    await router.handle(buttonInteraction('probe:press:a:b'));
    expect(seen).toEqual([['press', ['a', 'b'], 'message-9']]);
    expect(calls).toMatchObject([{ kind: 'update', body: { content: 'pressed' } }]);
  });

  test('choices, with what the other options hold; no more than Discord shows', async () => {
    const seen: unknown[] = [];
    const { router, calls } = setup({ commands: probe(seen) });
    await router.handle(autocompleteInteraction('probe', TYPING));
    expect(seen).toEqual([['complete', 'name', 'ab', '3']]);
    expect(calls[0]).toMatchObject({ kind: 'choices', choices: { length: 25 } });
  });
});

/** One of each kind, and the name of the rule that counts. */
const KINDS: readonly [string, string, (by: AskedBy) => APIInteraction][] = [
  ['command', 'probe', (by) => commandInteraction('probe', [], by)],
  ['button', 'session stop', (by) => buttonInteraction('probe:press', by)],
  ['form', 'probe form', (by) => modalInteraction('probe:form', { name: 'x' }, by)],
];

describe.each(KINDS)('permissions of a %s', (_kind, rule, ask) => {
  test('without the role it is refused to the asker alone, and nothing is run', async () => {
    const seen: unknown[] = [];
    const { router, answers } = setup({ commands: probe(seen) });
    await router.handle(ask({ roles: [] }));
    expect(answers()).toEqual([{ text: expect.stringContaining(`<@&${ROLE}>`), ephemeral: true }]);
    expect(seen).toEqual([]);
  });

  test("the tenant's map of roles decides", async () => {
    const seen: unknown[] = [];
    const { router } = setup({ commands: probe(seen), discord: { roles: { [rule]: ['77'] } } });
    await router.handle(ask({ roles: [ROLE] }));
    expect(seen).toEqual([]);
    await router.handle(ask({ roles: ['77'] }));
    expect(seen).not.toEqual([]);
  });

  test('on a server that is not on the list it is refused, whatever the role', async () => {
    const seen: unknown[] = [];
    const { router, answers } = setup({ commands: probe(seen), discord: { guilds: [] } });
    await router.handle(ask({ roles: [ROLE] }));
    expect(answers()[0]?.text).toContain('is not on the list');
    expect(seen).toEqual([]);
  });
});

test('whoever may not use a command gets no choices either', async () => {
  const seen: unknown[] = [];
  const refused = [
    setup({ commands: probe(seen) }),
    setup({ commands: probe(seen), discord: { guilds: [] } }),
  ];
  for (const { router, calls } of refused) {
    await router.handle(autocompleteInteraction('probe', TYPING, { roles: [] }));
    expect(calls).toEqual([{ kind: 'choices', choices: [] }]);
  }
  expect(seen).toEqual([]);
});

test('a command for everyone needs no role, nor do its buttons, unless the tenant says otherwise', async () => {
  const { router, answers } = setup({ commands: probe([]) });
  await router.handle(commandInteraction('open', [], { roles: [] }));
  await router.handle(buttonInteraction('open:press', { roles: [] }));
  expect(answers().map(({ text }) => text)).toEqual(['open', 'open']);
  const strict = setup({ commands: probe([]), discord: { roles: { open: ['77'] } } });
  await strict.router.handle(commandInteraction('open', [], { roles: [] }));
  expect(strict.answers()[0]?.text).toContain('<@&77>');
});

test('without any role configured it needs "Manage Server"', async () => {
  const seen: unknown[] = [];
  const { router } = setup({ commands: probe(seen), discord: { gameMasterRole: undefined } as object });
  const asked = buttonInteraction('probe:press');
  await router.handle(asked);
  expect(seen).toEqual([]);
  if (asked.member !== undefined) asked.member.permissions = String(PermissionFlagsBits.ManageGuild);
  await router.handle(asked);
  expect(seen).toHaveLength(1);
});

test('the options are read by name', () => {
  const options = [{ type: ApplicationCommandOptionType.String, name: 'campaign', value: 'night' } as const];
  const start = { type: ApplicationCommandOptionType.Subcommand, name: 'start', options } as const;
  const { command, options: read } = commandOf({ data: { name: 'session', options: [start] } });
  expect(command).toBe('session start');
  expect(read.get('campaign')).toBe('night');
});
