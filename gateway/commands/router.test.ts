import {
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionType,
} from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import type { TenantDiscord, VoiceSession } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { Live } from '../../src/kube/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { GuildCache } from '../discord/guild-cache.ts';
import { aSession } from '../sessions/fixtures.ts';
import type { CommandHost } from './command.ts';
import { CommandRouter, commandOf, type RouterOptions } from './router.ts';

const GUILD = '100000000000000001';
const ROLE = '100000000000000005';

function setup(
  change: { discord?: Partial<TenantDiscord>; sessions?: Live<VoiceSession>[]; fails?: boolean } = {},
) {
  const answers: { text: string | null | undefined; ephemeral: boolean }[] = [];
  const api: RouterOptions['api'] = {
    interactions: {
      reply: async (_id, _token, body) => {
        answers.push({ text: body.content, ephemeral: body.flags !== undefined });
      },
      defer: async () => undefined,
      editReply: async () => undefined,
      createAutocompleteResponse: async () => undefined,
    },
  };
  const host: CommandHost = {
    tenant: { name: 'acme', namespace: 'skald-acme' },
    guilds: new GuildCache(),
    ready: true,
    database: () => undefined,
    campaigns: () => [],
    sessions: () => {
      if (change.fails === true) throw new Error('the cache is broken');
      return change.sessions ?? [];
    },
    createSession: async () => aSession(),
    stopSession: async () => {},
    setMutes: async (session) => session,
    speak: async () => ({ spoken: true }),
    followSession: () => {},
  };
  const router = new CommandRouter({
    api,
    host,
    discord: () => ({
      applicationId: '1',
      interactions: 'gateway',
      guilds: [GUILD],
      gameMasterRole: ROLE,
      ...change.discord,
    }),
    clock: new FakeClock(),
    log: silentLogger(),
  });
  return { router, answers };
}

/** Interactions are far larger than what the router reads of them. */
function interaction(
  subcommand: string,
  change: { roles?: string[]; locale?: string; guild?: string | null; options?: object[] } = {},
): APIInteraction {
  const guild = change.guild === undefined ? GUILD : change.guild;
  const value: unknown = {
    id: '7',
    application_id: '1',
    token: 'secret',
    type: InteractionType.ApplicationCommand,
    locale: change.locale ?? 'en-US',
    channel: { id: '6' },
    data: {
      type: ApplicationCommandType.ChatInput,
      name: 'session',
      options: [
        { type: ApplicationCommandOptionType.Subcommand, name: subcommand, options: change.options ?? [] },
      ],
    },
    ...(guild === null
      ? {}
      : {
          guild_id: guild,
          member: {
            user: { id: '8', username: 'sam', global_name: null },
            nick: null,
            roles: change.roles ?? [ROLE],
            permissions: '0',
          },
        }),
  };
  return value as APIInteraction;
}

test('runs the subcommand, and answers in the language of the person', async () => {
  const { router, answers } = setup();
  await router.handle(interaction('status'));
  await router.handle(interaction('status', { locale: 'de' }));
  expect(answers).toEqual([
    { text: 'No session runs on this server.', ephemeral: true },
    { text: 'Auf diesem Server läuft keine Runde.', ephemeral: true },
  ]);
});

test('a server that is not on the list is refused, whatever the role', async () => {
  const { router, answers } = setup({ discord: { guilds: [] } });
  await router.handle(interaction('status'));
  expect(answers[0]?.text).toContain('is not on the list');
});

test('without the role nothing is run', async () => {
  const { router, answers } = setup({ fails: true });
  await router.handle(interaction('status', { roles: [] }));
  expect(answers).toEqual([{ text: expect.stringContaining(`<@&${ROLE}>`), ephemeral: true }]);
});

test('in a direct message the answer says that it works on a server', async () => {
  const { router, answers } = setup();
  await router.handle(interaction('status', { guild: null }));
  expect(answers[0]?.text).toContain('works on a server only');
});

test('a command that fails is answered all the same', async () => {
  const { router, answers } = setup({ fails: true });
  await router.handle(interaction('status'));
  expect(answers).toEqual([{ text: expect.stringContaining('Something went wrong'), ephemeral: true }]);
});

test('a subcommand that is not known any more is answered', async () => {
  const { router, answers } = setup();
  await router.handle(interaction('dance'));
  expect(answers).toHaveLength(1);
});

test('the options are read by name', () => {
  const options = [{ type: ApplicationCommandOptionType.String, name: 'campaign', value: 'night' }];
  const { data } = interaction('start', { options }) as APIChatInputApplicationCommandInteraction;
  const { command, options: read } = commandOf({ data });
  expect(command).toBe('session start');
  expect(read.get('campaign')).toBe('night');
});
