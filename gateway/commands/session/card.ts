/**
 * How a session is, as one message for everyone at the table: what `/session start` answers with and what follows its
 * phases, and what `/session status` shows. Pure.
 */
import {
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { Campaign } from '../../../src/api/generated/campaign.ts';
import type { VoiceSession } from '../../../src/api/generated/voicesession.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { type ActionRow, type Answer, customId } from '../answer.ts';
import { stageOf } from '../running.ts';
import { isLive } from './progress.ts';
import { type Behind, troubleText } from './trouble.ts';

export interface CardContext {
  readonly messages: Messages;
  /** The session's, if it is there. */
  readonly campaign?: Campaign | undefined;
  /** Reason of the Tenant's Ready condition. */
  readonly tenantReason?: string | undefined;
  /** false: the message will not follow for longer than the interaction's token lives. @defaultValue true */
  readonly lasting?: boolean;
}

export interface Card {
  readonly answer: Answer;
  /** What people wait to see: as long as it is the same, only measurements differ. */
  readonly urgent: string;
  /** Nothing follows. */
  readonly final: boolean;
}

const WAITING = 0xf0b232;
const LISTENING = 0x23a55a;
const TROUBLED = 0xe67e22;
const OVER = 0x80848e;
const FAILED = 0xf23f42;

/** Longest value of an embed's field, characters. */
const MAX_FIELD = 1024;
const MAX_TITLE = 256;

type Field = { readonly name: string; readonly value: string; readonly inline: true };

/** The card of a session as it is. */
export function cardOf(session: VoiceSession, context: CardContext): Card {
  const { messages, lasting = true } = context;
  const texts = messages.session.card;
  const { colour, text } = stateOf(session, context);
  const final = !isLive(session);
  const fields = final ? summary(session, messages) : measurements(session, context);
  const lines = lasting || final ? [text] : [text, `-# ${texts.cannotSee}`];
  const embed: APIEmbed = {
    title: titleOf(session, context).slice(0, MAX_TITLE),
    description: lines.join('\n'),
    color: colour,
    footer: { text: session.metadata.name ?? '' },
    ...(fields.length === 0 ? {} : { fields: [...fields] }),
  };
  const components = buttons(session, context);
  const muted = fields.find(({ name }) => name === texts.muted)?.value ?? '';
  return {
    answer: { embeds: [embed], components },
    urgent: JSON.stringify([text, lasting, muted, session.status?.phase]),
    final,
  };
}

/** The last card of a session that was removed while it was followed. */
export function goneCard(session: VoiceSession, context: CardContext): Card {
  const { gone } = context.messages.session.card;
  const title = titleOf(session, context).slice(0, MAX_TITLE);
  const embed: APIEmbed = {
    title,
    description: gone,
    color: OVER,
    footer: { text: session.metadata.name ?? '' },
  };
  return { answer: { embeds: [embed] }, urgent: 'gone', final: true };
}

function titleOf({ spec }: VoiceSession, { campaign }: CardContext): string {
  return campaign?.spec.title ?? spec.campaignRef.name;
}

function stateOf(session: VoiceSession, context: CardContext): { colour: number; text: string } {
  const { status, spec } = session;
  const { messages } = context;
  const texts = messages.session.card;
  const channelId = spec.voiceChannelId ?? '';
  const because = (reason: string | undefined): string =>
    reason === undefined ? '' : troubleText(session, reason, messages, behind(context));
  const join = (...parts: string[]): string => parts.filter((part) => part !== '').join('\n');
  switch (status?.phase) {
    case 'Ended':
      return { colour: OVER, text: join(texts.ended, because(status.endReason)) };
    case 'Failed':
      return { colour: FAILED, text: join(texts.failed, because(status.reason ?? status.endReason)) };
    default:
      if (stageOf(session) === 'ending') return { colour: OVER, text: texts.ending };
  }
  switch (status?.phase) {
    case undefined:
      return { colour: WAITING, text: texts.created(channelId) };
    case 'Pending':
      return { colour: WAITING, text: join(texts.pending, because(status.reason)) };
    case 'Provisioning':
      return { colour: WAITING, text: join(texts.provisioning, because(hitch(status.reason))) };
    case 'Connecting':
      return { colour: WAITING, text: texts.connecting(channelId) };
    case 'Active':
      return { colour: LISTENING, text: join(texts.active(channelId), because(notice(status.reason))) };
    case 'Degraded': {
      const reason = status.voice?.reason ?? status.reason ?? 'WorkerDegraded';
      return { colour: TROUBLED, text: join(texts.degraded(channelId), because(reason)) };
    }
    case 'Draining':
      return { colour: OVER, text: texts.ending };
  }
}

/** What is in the way of a session that is being made; its ordinary steps need no words. */
function hitch(reason: string | undefined): string | undefined {
  const HITCHES = [
    'IssueFailed',
    'Unschedulable',
    'ImageUnavailable',
    'ContainerFailed',
    'WorkerRefused',
    'WorkerLost',
  ];
  return reason !== undefined && HITCHES.includes(reason) ? reason : undefined;
}

/** What a game master should know although the characters listen. */
function notice(reason: string | undefined): string | undefined {
  const NOTICES = ['SpendSoftLimitReached', 'EveryNpcMuted', 'NodeDraining', 'Moving'];
  return reason !== undefined && NOTICES.includes(reason) ? reason : undefined;
}

function behind({ campaign, tenantReason }: CardContext): Behind {
  const ready = campaign?.status?.conditions?.find(({ type }) => type === 'Ready');
  return { tenant: tenantReason, campaign: ready?.status === 'True' ? undefined : ready?.reason };
}

function measurements(session: VoiceSession, context: CardContext): readonly Field[] {
  const { status } = session;
  const texts = context.messages.session.card;
  const since = status?.activeAt === undefined ? undefined : Date.parse(status.activeAt);
  const responseMs = status?.voice?.responseP50Ms;
  return [
    ...(since === undefined ? [] : [field(texts.since, `<t:${Math.floor(since / 1000)}:t>`)]),
    ...(responseMs === undefined ? [] : [field(texts.responseTime, texts.seconds(responseMs / 1000))]),
    ...mutedField(session, context),
  ];
}

function mutedField(session: VoiceSession, context: CardContext): readonly Field[] {
  const texts = context.messages.session.card;
  const muted = session.spec.mutedNpcs ?? [];
  if (muted.length === 0) return [];
  return [field(texts.muted, allMuted(session, context) ? texts.allMuted : [...muted].sort().join(', '))];
}

function allMuted({ spec }: VoiceSession, { campaign }: CardContext): boolean {
  const muted = new Set(spec.mutedNpcs);
  return campaign?.spec.npcs.every(({ name }) => muted.has(name)) ?? false;
}

function summary({ status }: VoiceSession, messages: Messages): readonly Field[] {
  const texts = messages.session.card;
  if (status?.activeAt === undefined || status.endedAt === undefined) return [];
  const minutes = Math.round((Date.parse(status.endedAt) - Date.parse(status.activeAt)) / 60_000);
  const { result } = status;
  const spend = result?.spendUSD ?? 0;
  return [
    field(texts.lasted, texts.duration(Math.floor(minutes / 60), minutes % 60)),
    ...(result === undefined
      ? []
      : [
          field(texts.heard, texts.utterances(result.utterances ?? 0)),
          field(texts.answered, texts.answers(result.replies ?? 0)),
        ]),
    ...(spend > 0 ? [field(texts.spend, texts.dollars(spend))] : []),
  ];
}

function field(name: string, value: string): Field {
  const shown = value.length <= MAX_FIELD ? value : `${value.slice(0, MAX_FIELD - 1)}…`;
  return { name, value: shown, inline: true };
}

/** The buttons carry the session's name: the message may be older than what runs on the server. */
function buttons(session: VoiceSession, context: CardContext): ActionRow[] {
  const texts = context.messages.session.card;
  const name = session.metadata.name ?? '';
  const row: APIButtonComponentWithCustomId[] = [];
  if (isLive(session) && stageOf(session) !== 'ending') {
    row.push(button(ButtonStyle.Danger, customId('session', 'stop', name), texts.stopButton));
    const all = allMuted(session, context);
    const label = all ? texts.unmuteAllButton : texts.muteAllButton;
    row.push(button(ButtonStyle.Secondary, customId('npc', all ? 'unmuteall' : 'muteall', name), label));
  }
  // Before it was active nothing was said.
  if (session.status?.activeAt !== undefined) {
    row.push(button(ButtonStyle.Primary, customId('session', 'recap', name), texts.recapButton));
  }
  return row.length === 0 ? [] : [{ type: ComponentType.ActionRow, components: row }];
}

function button(
  style: ButtonStyle.Danger | ButtonStyle.Secondary | ButtonStyle.Primary,
  id: string,
  label: string,
) {
  return { type: ComponentType.Button as const, style, custom_id: id, label };
}
