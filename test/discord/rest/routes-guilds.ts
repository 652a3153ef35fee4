import { PermissionFlagsBits } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Member } from '../world/model.ts';
import { guildPermissions, may } from '../world/permissions.ts';
import { channelJson, guildJson, memberJson, roleJson, voiceStateJson } from '../world/serialize.ts';
import { guildOf, type RestContext } from './context.ts';
import { ErrorCode, missingPermissions, RestError } from './errors.ts';
import { parseForm } from './forms.ts';
import type { BotRequest, Router } from './router.ts';

const memberSchema = z.object({
  channel_id: z.string().nullish(),
  mute: z.boolean().nullish(),
  deaf: z.boolean().nullish(),
  nick: z.string().max(32).nullish(),
  roles: z.array(z.string()).nullish(),
});
const voiceStateSchema = z.object({ channel_id: z.string().nullish(), suppress: z.boolean().nullish() });

/** Guilds, members, roles and voice states. */
export function guildRoutes(router: Router, context: RestContext): void {
  router.bot('GET /guilds/:guild', (request) => ({
    status: 200,
    body: guildJson(guildOf(context, request)),
  }));
  router.bot('GET /guilds/:guild/channels', (request) => ({
    status: 200,
    body: [...guildOf(context, request).channels.values()].map(channelJson),
  }));
  router.bot('GET /guilds/:guild/roles', (request) => ({
    status: 200,
    body: [...guildOf(context, request).roles.values()].map(roleJson),
  }));
  router.bot('GET /guilds/:guild/regions', () => ({ status: 200, body: regions }));
  router.open('GET /voice/regions', () => ({ status: 200, body: regions }));
  memberRoutes(router, context);
  voiceStateRoutes(router, context);
}

function memberRoutes(router: Router, context: RestContext): void {
  router.bot('GET /guilds/:guild/members', (request) => {
    const limit = Math.min(Number(request.query.get('limit') ?? 1), 1000);
    const after = BigInt(request.query.get('after') ?? '0');
    const members = [...guildOf(context, request).members.values()]
      .filter((member) => BigInt(member.user.id) > after)
      .sort((a, b) => (BigInt(a.user.id) < BigInt(b.user.id) ? -1 : 1));
    return { status: 200, body: members.slice(0, limit).map(memberJson) };
  });
  router.bot('GET /guilds/:guild/members/search', (request) => {
    const query = (request.query.get('query') ?? '').toLowerCase();
    const found = [...guildOf(context, request).members.values()].filter((member) =>
      member.user.username.startsWith(query),
    );
    return { status: 200, body: found.map(memberJson) };
  });
  router.bot('GET /guilds/:guild/members/:user', (request) => ({
    status: 200,
    body: memberJson(memberOf(context, request)),
  }));
  router.bot('PATCH /guilds/:guild/members/:user', (request) => {
    const guild = guildOf(context, request);
    const member = memberOf(context, request);
    const form = parseForm(memberSchema, request.body);
    if (form.channel_id !== undefined) {
      need(context, request, PermissionFlagsBits.MoveMembers);
      if (!guild.voiceStates.has(member.user.id)) {
        throw new RestError(400, ErrorCode.NotInVoice, 'Target user is not connected to voice.');
      }
      if (form.channel_id === null) {
        context.voiceStates.leave(guild, member.user.id, { closeCode: 4014, reason: 'Disconnected.' });
      } else if (!context.voiceStates.move(guild, member.user.id, form.channel_id)) {
        throw new RestError(404, ErrorCode.UnknownChannel, 'Unknown Channel');
      }
    }
    if (form.mute !== undefined && form.mute !== null) {
      need(context, request, PermissionFlagsBits.MuteMembers);
      member.mute = form.mute;
    }
    if (form.deaf !== undefined && form.deaf !== null) {
      need(context, request, PermissionFlagsBits.DeafenMembers);
      member.deaf = form.deaf;
    }
    context.voiceStates.refresh(guild, member.user.id);
    if (form.nick !== undefined) {
      need(context, request, PermissionFlagsBits.ManageNicknames);
      member.nick = form.nick;
    }
    if (form.roles) {
      need(context, request, PermissionFlagsBits.ManageRoles);
      member.roles = new Set(form.roles.filter((id) => guild.roles.has(id)));
    }
    return { status: 200, body: memberJson(member) };
  });
}

function voiceStateRoutes(router: Router, context: RestContext): void {
  router.bot('GET /guilds/:guild/voice-states/:user', (request) => {
    const guild = guildOf(context, request);
    const state = guild.voiceStates.get(subject(request));
    if (!state) throw new RestError(404, ErrorCode.UnknownVoiceState, 'Unknown Voice State');
    return { status: 200, body: voiceStateJson(guild, state) };
  });
  router.bot('PATCH /guilds/:guild/voice-states/:user', (request) => {
    const guild = guildOf(context, request);
    const userId = subject(request);
    const state = guild.voiceStates.get(userId);
    if (!state) throw new RestError(404, ErrorCode.UnknownVoiceState, 'Unknown Voice State');
    const { suppress } = parseForm(voiceStateSchema, request.body);
    if (suppress !== undefined && suppress !== null) {
      const channel = guild.channels.get(state.channelId);
      const bot = guild.members.get(request.application.user.id);
      // Un-suppressing takes MUTE_MEMBERS; anyone may go back to the audience.
      const allowed =
        suppress || (channel && bot && may(guild, channel, bot, PermissionFlagsBits.MuteMembers));
      if (!allowed) throw missingPermissions();
      context.voiceStates.setSuppressed(guild, userId, suppress);
    }
    return { status: 204 };
  });
}

function subject(request: BotRequest): string {
  const { user = '' } = request.params;
  return user === '@me' ? request.application.user.id : user;
}

function memberOf(context: RestContext, request: BotRequest): Member {
  const member = guildOf(context, request).members.get(subject(request));
  if (!member) throw new RestError(404, ErrorCode.UnknownMember, 'Unknown Member');
  return member;
}

function need(context: RestContext, request: BotRequest, permission: bigint): void {
  const guild = guildOf(context, request);
  const bot = guild.members.get(request.application.user.id);
  if (!bot || (guildPermissions(guild, bot) & permission) !== permission) throw missingPermissions();
}

const regions = ['rotterdam', 'us-east', 'singapore'].map((id, index) => ({
  id,
  name: id,
  optimal: index === 0,
  deprecated: false,
  custom: false,
}));
