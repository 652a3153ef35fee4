/** A Discord that writes down what it is asked, and interactions as it sends them: for unit tests of commands. */
import {
  type APIInteraction,
  type APIModalInteractionResponseCallbackData,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ComponentType,
  InteractionType,
} from 'discord-api-types/v10';
import { GuildCache } from '../discord/guild-cache.ts';
import { aSession } from '../sessions/fixtures.ts';
import type { MessageBody } from './answer.ts';
import type { Choice, CommandHost } from './command.ts';
import type { RouterOptions } from './router.ts';

export const GUILD = '100000000000000001';
export const GAME_MASTER_ROLE = '100000000000000005';
export const TEXT_CHANNEL = '6';

/** One call of the API, in the order of the calls. */
export type Call =
  | {
      readonly kind: 'reply' | 'update' | 'edit' | 'followUp' | 'post' | 'editMessage';
      readonly body: MessageBody;
      readonly messageId?: string;
    }
  | { readonly kind: 'defer'; readonly ephemeral: boolean }
  | { readonly kind: 'deferUpdate' }
  | { readonly kind: 'modal'; readonly modal: APIModalInteractionResponseCallbackData }
  | { readonly kind: 'choices'; readonly choices: readonly Choice[] };

/** @param refuse what it throws instead of an answer, at each call that writes a message */
export function recordingApi(refuse: (kind: Call['kind']) => Error | undefined = () => undefined) {
  const calls: Call[] = [];
  const record = (call: Call): void => {
    const error = refuse(call.kind);
    if (error !== undefined) throw error;
    calls.push(call);
  };
  const message = { id: 'message-1' };
  const api: RouterOptions['api'] = {
    interactions: {
      reply: async (_id, _token, body) => record({ kind: 'reply', body }),
      defer: async (_id, _token, body) => {
        record({ kind: 'defer', ephemeral: body.flags !== undefined });
        return { interaction: { response_message_id: message.id } };
      },
      updateMessage: async (_id, _token, body) => record({ kind: 'update', body }),
      deferMessageUpdate: async () => record({ kind: 'deferUpdate' }),
      createModal: async (_id, _token, modal) => record({ kind: 'modal', modal }),
      editReply: async (_application, _token, body) => {
        record({ kind: 'edit', body });
        return message;
      },
      followUp: async (_application, _token, body) => {
        record({ kind: 'followUp', body });
        return { id: 'message-2' };
      },
      getOriginalReply: async () => message,
      createAutocompleteResponse: async (_id, _token, { choices }) => record({ kind: 'choices', choices }),
    },
    channels: {
      createMessage: async (_channel, body) => {
        record({ kind: 'post', body });
        return { id: 'message-3' };
      },
      editMessage: async (_channel, messageId, body) => record({ kind: 'editMessage', body, messageId }),
    },
  };
  return { api, calls };
}

/** A tenant without campaigns and sessions. */
export function aHost(change: Partial<CommandHost> = {}): CommandHost {
  return {
    tenant: { name: 'acme', namespace: 'skald-acme' },
    guilds: new GuildCache(),
    ready: true,
    database: () => undefined,
    readEntities: async () => [],
    attachment: async function* () {},
    setOptOut: async () => true,
    forget: async () => {},
    campaigns: () => [],
    languageModel: () => 'model',
    sessions: () => [],
    recaps: () => [],
    createSession: async () => aSession(),
    checkSession: async () => {},
    startRefusal: () => undefined,
    stopSession: async () => {},
    setMutes: async (session) => session,
    speak: async () => ({ spoken: true }),
    rated: () => {},
    cards: { expect: () => {}, forget: () => {} },
    followSession: () => {},
    ...change,
  };
}

export interface AskedBy {
  readonly roles?: readonly string[];
  readonly locale?: string;
  /** null: a direct message. */
  readonly guild?: string | null;
}

/** @param command full name, e.g. `session start` */
export function commandInteraction(
  command: string,
  given: readonly object[] = [],
  by: AskedBy = {},
  resolved: object = {},
): APIInteraction {
  const data = commandData(command, given, resolved);
  return interaction({ type: InteractionType.ApplicationCommand, data }, by);
}

/** @param given the options so far, the one that is typed with `focused: true` */
export function autocompleteInteraction(
  command: string,
  given: readonly object[],
  by: AskedBy = {},
): APIInteraction {
  const data = commandData(command, given, {});
  return interaction({ type: InteractionType.ApplicationCommandAutocomplete, data }, by);
}

export function buttonInteraction(customId: string, by: AskedBy = {}): APIInteraction {
  const data = { custom_id: customId, component_type: ComponentType.Button };
  const message = { id: 'message-9' };
  return interaction({ type: InteractionType.MessageComponent, data, message }, by);
}

export function modalInteraction(
  customId: string,
  fields: Readonly<Record<string, string>>,
  by: AskedBy = {},
): APIInteraction {
  const components = Object.entries(fields).map(([id, value]) => ({
    type: ComponentType.Label,
    component: { type: ComponentType.TextInput, custom_id: id, value },
  }));
  return interaction({ type: InteractionType.ModalSubmit, data: { custom_id: customId, components } }, by);
}

function commandData(command: string, given: readonly object[], resolved: object) {
  const [name, subcommand] = command.split(' ');
  const options =
    subcommand === undefined
      ? given
      : [{ type: ApplicationCommandOptionType.Subcommand, name: subcommand, options: given }];
  return { type: ApplicationCommandType.ChatInput, name, options, resolved };
}

/** Interactions are far larger than what is read of them. */
function interaction(own: object, by: AskedBy): APIInteraction {
  const guild = by.guild === undefined ? GUILD : by.guild;
  const member = {
    user: { id: '8', username: 'sam', global_name: null },
    nick: null,
    roles: by.roles ?? [GAME_MASTER_ROLE],
    permissions: '0',
  };
  const value: unknown = {
    id: '7',
    application_id: '1',
    token: 'secret',
    locale: by.locale ?? 'en-US',
    channel: { id: TEXT_CHANNEL },
    ...own,
    ...(guild === null ? {} : { guild_id: guild, member }),
  };
  return value as APIInteraction;
}
