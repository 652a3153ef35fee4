/**
 * `/session start [campaign] [channel]`: everything that can be refused is refused at once from the caches; what
 * remains is one VoiceSession, named after the interaction, so that a repeated delivery makes no second one.
 */
import { ChannelType } from 'discord-api-types/v10';
import { correlationIdOf } from '../../../src/api/correlation.ts';
import {
  API_VERSION,
  annotations,
  type Campaign,
  labels,
  MANAGED_BY,
  type VoiceSession,
} from '../../../src/api/index.ts';
import { type JoinObstacle, joinObstacle } from '../../../src/discord/permissions.ts';
import { isForbidden, isInvalid, type Live } from '../../../src/kube/index.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { loadedCampaign } from '../campaign/loaded.ts';
import type { CommandHost, Interacting, Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession } from '../running.ts';

export const start: Subcommand = {
  name: 'start',
  describe: (builder) => {
    describeIn(builder, (messages) => messages.session.command.start);
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.session.command.campaignOption);
      return option.setName('campaign').setAutocomplete(true).setMaxLength(253);
    });
    builder.addChannelOption((option) => {
      describeIn(option, (messages) => messages.session.command.channelOption);
      return option.setName('channel').addChannelTypes(ChannelType.GuildVoice, ChannelType.GuildStageVoice);
    });
  },
  complete: ({ host, typed }) =>
    host
      .campaigns()
      .filter(({ metadata, spec }) =>
        `${metadata.name} ${spec.title ?? ''}`.toLowerCase().includes(typed.toLowerCase()),
      )
      .map(({ metadata, spec }) => ({
        name: (spec.title ?? metadata.name).slice(0, 100),
        value: metadata.name,
      }))
      .filter(({ value }) => value.length <= 100)
      .sort((left, right) => left.name.localeCompare(right.name)),
  run: async (invocation) => {
    const { reply, host, options } = invocation;
    const needsChoice = options.get('campaign') === undefined && host.campaigns().length > 1;
    const plan = planStart(invocation, needsChoice ? await loadedCampaign(invocation) : undefined);
    if ('refusal' in plan) {
      await reply.send(plan.refusal, { ephemeral: true });
      return;
    }
    await reply.defer();
    await beginSession(invocation, plan);
  },
};

/** What a session is made of. */
export interface Beginning {
  /** Name of the Campaign. */
  readonly campaign: string;
  readonly channelId: string;
}

/** Creates the session; the reply, which was deferred, becomes its status card or says what stands in the way. */
export async function beginSession(interacting: Interacting, plan: Beginning): Promise<void> {
  const { reply, host, interactionId, correlationId, messages, log } = interacting;
  // From now on the card alone writes the message.
  await reply.settled();
  try {
    const statusMessage = await reply.messageId();
    host.cards.expect(interactionId, reply);
    const session = await host.createSession(newSession(interacting, plan, statusMessage));
    log.info({ session: session.metadata.name }, 'Session requested from Discord');
  } catch (error) {
    host.cards.forget(interactionId);
    log.warn({ err: error }, 'A VoiceSession could not be created');
    reply.edit(messages.interactions.withReference(notCreatedText(error, interacting), correlationId));
  }
}

/** Why the API server did not take a session. What it says of the session itself is told, what went wrong is not. */
export function notCreatedText(error: unknown, { messages }: Pick<Interacting, 'messages'>): string {
  const told = (isInvalid(error) || isForbidden(error)) && error instanceof Error;
  return told ? messages.session.refusal.rejected(error.message) : messages.session.refusal.notCreated;
}

type StartPlan = { readonly refusal: string } | Beginning;

/**
 * Decides from the caches.
 * @param loaded the campaign that this server starts when none is named
 */
function planStart(invocation: Invocation, loaded: string | undefined): StartPlan {
  const { host, guildId, messages, options } = invocation;
  const guild = host.guilds.get(guildId);
  if (guild === undefined || !host.ready) return { refusal: messages.refusal.starting };

  const running = runningSession(host, guildId);
  // The same interaction delivered again is not "another session".
  if (running !== undefined && running.spec.requestedBy?.interactionId !== invocation.interactionId) {
    const { name } = running.metadata;
    const { campaignRef, voiceChannelId } = running.spec;
    return { refusal: messages.session.refusal.alreadyRunning(name, campaignRef.name, voiceChannelId) };
  }

  const campaign = chooseCampaign(options.get('campaign'), loaded, host.campaigns(), messages);
  if ('refusal' in campaign) return campaign;

  const channelId = options.get('channel') ?? guild.voiceStates.get(invocation.userId)?.channelId;
  if (channelId === undefined) return { refusal: messages.session.refusal.notInVoice };
  const refusal = channelRefusal(host, guildId, channelId, messages);
  return refusal === undefined ? { campaign: campaign.name, channelId } : { refusal };
}

function chooseCampaign(
  wanted: string | undefined,
  loaded: string | undefined,
  campaigns: readonly Live<Campaign>[],
  messages: Messages,
): { readonly refusal: string } | { readonly name: string } {
  const names = campaigns.map(({ metadata }) => metadata.name).sort();
  if (wanted !== undefined) {
    return names.includes(wanted)
      ? { name: wanted }
      : { refusal: messages.refusal.unknownCampaign(wanted, names) };
  }
  if (loaded !== undefined && names.includes(loaded)) return { name: loaded };
  const [only] = names;
  if (only === undefined) return { refusal: messages.refusal.noCampaign };
  return names.length === 1 ? { name: only } : { refusal: messages.session.refusal.chooseCampaign(names) };
}

/** Why the bot could not play in this channel; undefined: it could. */
export function channelRefusal(
  host: CommandHost,
  guildId: string,
  channelId: string,
  messages: Messages,
): string | undefined {
  const guild = host.guilds.get(guildId);
  const channel = guild?.channels.get(channelId);
  if (guild === undefined || channel === undefined) return messages.session.refusal.channelNotFound;
  const botUserId = host.guilds.botVoiceState(guildId)?.userId;
  const obstacle = joinObstacle({
    type: channel.type,
    permissions: host.guilds.botPermissions(guild, channel),
    userLimit: channel.userLimit,
    // It needs no second place where it is already.
    members: host.guilds.membersOf(guildId, channelId).filter((member) => member.userId !== botUserId).length,
  });
  return obstacle === undefined ? undefined : obstacleText(obstacle, channelId, messages);
}

function obstacleText(obstacle: JoinObstacle, channelId: string, { session: { refusal } }: Messages): string {
  switch (obstacle) {
    case 'MissingViewPermission':
      return refusal.missingView(channelId);
    case 'MissingConnectPermission':
      return refusal.missingConnect(channelId);
    case 'MissingSpeakPermission':
      return refusal.missingSpeak(channelId);
    case 'StageChannel':
      return refusal.stageChannel(channelId);
    case 'NotAVoiceChannel':
      return refusal.notAVoiceChannel(channelId);
    case 'ChannelFull':
      return refusal.channelFull(channelId);
  }
}

/** `<campaign>-<correlation id of the interaction>`: the same for the same interaction, at most 63 characters. */
export function sessionName(campaign: string, interactionId: string): string {
  const base = campaign.slice(0, 43).replace(/-+$/, '');
  return `${base}-${correlationIdOf(interactionId)}`;
}

export function newSession(interacting: Interacting, plan: Beginning, statusMessage?: string): VoiceSession {
  const { host, interactionId, guildId, userId, displayName } = interacting;
  return {
    apiVersion: API_VERSION,
    kind: 'VoiceSession',
    metadata: {
      name: sessionName(plan.campaign, interactionId),
      namespace: host.tenant.namespace,
      labels: {
        [labels.managedBy]: MANAGED_BY,
        [labels.tenant]: host.tenant.name,
        [labels.campaign]: plan.campaign,
      },
      annotations: {
        [annotations.createdBy]: 'discord',
        [annotations.correlationId]: interacting.correlationId,
        ...(statusMessage === undefined ? {} : { [annotations.statusMessage]: statusMessage }),
      },
    },
    spec: {
      mode: 'Live',
      campaignRef: { name: plan.campaign },
      guildId,
      voiceChannelId: plan.channelId,
      textChannelId: interacting.channelId,
      requestedBy: { userId, displayName: displayName.slice(0, 128), interactionId },
      desiredState: 'Running',
    },
  };
}
