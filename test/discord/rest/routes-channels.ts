import { PermissionFlagsBits } from 'discord-api-types/v10';
import { z } from 'zod';
import { may } from '../world/permissions.ts';
import { channelJson } from '../world/serialize.ts';
import { channelOf, type RestContext } from './context.ts';
import { ErrorCode, missingPermissions, RestError } from './errors.ts';
import { parseForm } from './forms.ts';
import { parseMessage } from './message-form.ts';
import type { Router } from './router.ts';

const { AttachFiles, EmbedLinks, SendMessages, ReadMessageHistory, ManageMessages, ManageRoles } =
  PermissionFlagsBits;

const overwriteSchema = z.object({
  type: z.union([z.literal(0), z.literal(1)]),
  allow: z.coerce.bigint().optional(),
  deny: z.coerce.bigint().optional(),
});

/** Channels and their messages. */
export function channelRoutes(router: Router, context: RestContext): void {
  router.bot('GET /channels/:channel', (request) => ({
    status: 200,
    body: channelJson(channelOf(context, request).channel),
  }));

  router.bot('PUT /channels/:channel/permissions/:overwrite', (request) => {
    const { channel } = channelOf(context, request, ManageRoles);
    const form = parseForm(overwriteSchema, request.body);
    const id = request.params.overwrite ?? '';
    channel.overwrites.set(id, {
      id,
      kind: form.type === 0 ? 'role' : 'member',
      allow: form.allow ?? 0n,
      deny: form.deny ?? 0n,
    });
    return { status: 204 };
  });

  router.bot('POST /channels/:channel/typing', (request) => {
    channelOf(context, request, SendMessages);
    return { status: 204 };
  });

  messageRoutes(router, context);
}

function messageRoutes(router: Router, context: RestContext): void {
  const base = '/channels/:channel/messages';
  router.bot(
    `POST ${base}`,
    (request) => {
      const { guild, channel, member } = channelOf(context, request, SendMessages);
      if (request.files.length > 0) channelOf(context, request, AttachFiles);
      const form = parseMessage(request.body, request.files.length, true);
      // Discord leaves them out in silence.
      if (!may(guild, channel, member, EmbedLinks)) form.embeds = [];
      const message = context.messages.create(
        channel,
        request.application.user,
        { ...form, files: request.files },
        { applicationId: request.application.id },
      );
      return { status: 200, body: message };
    },
    { limit: 5, windowMs: 5_000 },
  );

  router.bot(`GET ${base}`, (request) => {
    const { channel } = channelOf(context, request, ReadMessageHistory);
    const limit = Math.min(Number(request.query.get('limit') ?? 50), 100);
    const before = request.query.get('before');
    const after = request.query.get('after');
    const page = [...channel.messages.values()]
      .filter((stored) => !stored.visibleTo)
      .map((stored) => stored.message)
      .filter((message) => !before || BigInt(message.id) < BigInt(before))
      .filter((message) => !after || BigInt(message.id) > BigInt(after));
    return { status: 200, body: (after ? page.slice(0, limit) : page.slice(-limit)).toReversed() };
  });

  router.bot(`GET ${base}/:message`, (request) => {
    const { channel } = channelOf(context, request, ReadMessageHistory);
    const stored = channel.messages.get(request.params.message ?? '');
    if (!stored || stored.visibleTo) throw unknownMessage();
    return { status: 200, body: stored.message };
  });

  router.bot(`PATCH ${base}/:message`, (request) => {
    const { channel } = channelOf(context, request);
    const stored = channel.messages.get(request.params.message ?? '');
    if (!stored) throw unknownMessage();
    if (stored.message.author.id !== request.application.user.id) {
      throw new RestError(403, 50005, 'Cannot edit a message authored by another user');
    }
    const form = parseMessage(request.body, request.files.length, false);
    return { status: 200, body: context.messages.edit(channel, stored, { ...form, files: request.files }) };
  });

  router.bot(`DELETE ${base}/:message`, (request) => {
    const { guild, channel, member } = channelOf(context, request);
    const stored = channel.messages.get(request.params.message ?? '');
    if (!stored) throw unknownMessage();
    const own = stored.message.author.id === request.application.user.id;
    if (!own) channelOf(context, request, ManageMessages);
    if (!guild.members.has(member.user.id)) throw missingPermissions();
    context.messages.delete(channel, stored.message.id);
    return { status: 204 };
  });
}

const unknownMessage = () => new RestError(404, ErrorCode.UnknownMessage, 'Unknown Message');
