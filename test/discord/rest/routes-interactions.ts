import { type APIMessage, InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Interaction } from '../interactions/ledger.ts';
import type { Channel, StoredMessage } from '../world/model.ts';
import type { RestContext } from './context.ts';
import { ErrorCode, RestError } from './errors.ts';
import { parseForm } from './forms.ts';
import { parseMessage } from './message-form.ts';
import { parseModal } from './modal-form.ts';
import type { RestRequest, RestResponse, Router, UploadedFile } from './router.ts';

const callbackSchema = z.object({ type: z.number().int().min(1).max(12), data: z.unknown().optional() });
const choicesSchema = z.object({
  choices: z
    .array(
      z
        .object({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) })
        .loose(),
    )
    .max(25),
});

/** Callbacks count per interaction, webhooks per token: both outside the bot's global limit. */
const WEBHOOK_LIMIT = { limit: 5, windowMs: 2_000 };

/** Which responses fit which interaction. */
const ALLOWED: Record<Interaction['kind'], readonly InteractionResponseType[]> = {
  command: [
    InteractionResponseType.ChannelMessageWithSource,
    InteractionResponseType.DeferredChannelMessageWithSource,
    InteractionResponseType.Modal,
  ],
  autocomplete: [InteractionResponseType.ApplicationCommandAutocompleteResult],
  component: [
    InteractionResponseType.ChannelMessageWithSource,
    InteractionResponseType.DeferredChannelMessageWithSource,
    InteractionResponseType.DeferredMessageUpdate,
    InteractionResponseType.UpdateMessage,
    InteractionResponseType.Modal,
  ],
  modal: [
    InteractionResponseType.ChannelMessageWithSource,
    InteractionResponseType.DeferredChannelMessageWithSource,
    InteractionResponseType.DeferredMessageUpdate,
    InteractionResponseType.UpdateMessage,
  ],
};

export function interactionRoutes(router: Router, context: RestContext): void {
  router.open('POST /interactions/:interaction/:token/callback', (request) => {
    const { interaction: id = '', token = '' } = request.params;
    const interaction = context.interactions.forCallback(id, token);
    const message = respond(context, interaction, request.body, request.files);
    if (request.query.get('with_response') !== 'true') return { status: 204 };
    return {
      status: 200,
      body: {
        interaction: {
          id: interaction.id,
          type: { command: 2, component: 3, autocomplete: 4, modal: 5 }[interaction.kind],
          ...(message ? { response_message_id: message.id } : {}),
        },
        resource: { type: interaction.responseType, ...(message ? { message } : {}) },
      },
    };
  });

  const base = '/webhooks/:application/:token';
  router.open(`POST ${base}`, (request) => followUp(context, request), WEBHOOK_LIMIT);
  router.open(
    `GET ${base}/messages/:message`,
    (request) => ({ status: 200, body: locate(context, request).stored.message }),
    WEBHOOK_LIMIT,
  );
  router.open(`PATCH ${base}/messages/:message`, (request) => edit(context, request), WEBHOOK_LIMIT);
  router.open(
    `DELETE ${base}/messages/:message`,
    (request) => {
      const { channel, stored } = locate(context, request);
      context.messages.delete(channel, stored.message.id);
      return { status: 204 };
    },
    WEBHOOK_LIMIT,
  );
}

/** The first answer, from the callback route or from the body of an interaction over HTTP. */
export function respond(
  context: RestContext,
  interaction: Interaction,
  body: unknown,
  files: readonly UploadedFile[],
): APIMessage | undefined {
  const { type, data } = parseForm(callbackSchema, body);
  if (!ALLOWED[interaction.kind].includes(type)) {
    throw new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', [
      {
        path: ['type'],
        code: 'INTERACTION_RESPONSE_INVALID_TYPE',
        message: `Response type ${type} does not fit a ${interaction.kind} interaction.`,
      },
    ]);
  }
  switch (type) {
    case InteractionResponseType.ChannelMessageWithSource: {
      const form = parseMessage(data, files.length, true);
      context.interactions.acknowledge(interaction, type, undefined);
      return post(context, interaction, { ...form, files }, true);
    }
    case InteractionResponseType.DeferredChannelMessageWithSource: {
      const form = parseMessage(data, 0, false);
      context.interactions.acknowledge(interaction, type, undefined);
      const flags = MessageFlags.Loading | ((form.flags ?? 0) & MessageFlags.Ephemeral);
      return post(context, interaction, { flags }, true);
    }
    case InteractionResponseType.UpdateMessage: {
      const form = parseMessage(data, files.length, false);
      context.interactions.acknowledge(interaction, type, undefined);
      const source = sourceMessage(context, interaction);
      if (!source) return undefined;
      interaction.originalId = source.stored.message.id;
      const message = context.messages.edit(source.channel, source.stored, { ...form, files });
      context.interactions.addMessage(interaction, source.stored);
      return message;
    }
    case InteractionResponseType.ApplicationCommandAutocompleteResult:
      context.interactions.acknowledge(interaction, type, parseForm(choicesSchema, data));
      return undefined;
    case InteractionResponseType.Modal:
      context.interactions.acknowledge(interaction, type, parseModal(data));
      return undefined;
    default:
      context.interactions.acknowledge(interaction, type, undefined);
      // The answer to the interaction is the message that the component stands in.
      if (interaction.sourceMessageId) interaction.originalId = interaction.sourceMessageId;
      return undefined;
  }
}

function followUp(context: RestContext, request: RestRequest): RestResponse {
  const { application = '', token = '' } = request.params;
  const interaction = context.interactions.forWebhook(application, token);
  const form = parseMessage(request.body, request.files.length, true);
  const waiting = context.world
    .findChannel(interaction.channelId)
    ?.messages.get(interaction.originalId ?? '');
  // The first follow-up of a deferred reply takes the place of "is thinking…".
  if (waiting && ((waiting.message.flags ?? 0) & MessageFlags.Loading) !== 0) {
    const channel = context.world.channel(interaction.channelId);
    const message = context.messages.edit(channel, waiting, { ...form, files: request.files });
    context.interactions.addMessage(interaction, waiting);
    return { status: 200, body: message };
  }
  return { status: 200, body: post(context, interaction, { ...form, files: request.files }, false) };
}

function edit(context: RestContext, request: RestRequest): RestResponse {
  const { interaction, channel, stored } = locate(context, request);
  const form = parseMessage(request.body, request.files.length, false);
  const message = context.messages.edit(channel, stored, { ...form, files: request.files });
  context.interactions.addMessage(interaction, stored);
  return { status: 200, body: message };
}

function locate(
  context: RestContext,
  request: RestRequest,
): { interaction: Interaction; channel: Channel; stored: StoredMessage } {
  const { application = '', token = '', message = '' } = request.params;
  const interaction = context.interactions.forWebhook(application, token);
  const channel = context.world.channel(interaction.channelId);
  const original = message === '@original';
  const stored = channel.messages.get(original ? (interaction.originalId ?? '') : message);
  if (!stored) throw new RestError(404, ErrorCode.UnknownMessage, 'Unknown Message');
  return { interaction, channel, stored };
}

function sourceMessage(context: RestContext, interaction: Interaction) {
  const channel = context.world.channel(interaction.channelId);
  const stored = channel.messages.get(interaction.sourceMessageId ?? '');
  return stored ? { channel, stored } : undefined;
}

function post(
  context: RestContext,
  interaction: Interaction,
  draft: Parameters<RestContext['messages']['create']>[2],
  original: boolean,
): APIMessage {
  const channel = context.world.channel(interaction.channelId);
  const { user } = context.world.application(interaction.applicationId);
  const ephemeral = ((draft.flags ?? 0) & MessageFlags.Ephemeral) !== 0;
  const message = context.messages.create(channel, user, draft, {
    applicationId: interaction.applicationId,
    webhookId: interaction.applicationId,
    interaction: { id: interaction.id, userId: interaction.userId },
    ...(ephemeral ? { visibleTo: interaction.userId } : {}),
  });
  if (original) interaction.originalId = message.id;
  const stored = channel.messages.get(message.id);
  if (stored) context.interactions.addMessage(interaction, stored);
  return message;
}
