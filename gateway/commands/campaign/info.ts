import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import type { Campaign } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import { type CampaignHistory, CampaignStore } from '../../../src/store/index.ts';
import type { Messages } from '../../messages/catalogue.ts';
import type { Asking, Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession } from '../running.ts';
import { fitting } from './list.ts';
import { loadedCampaign } from './loaded.ts';
import { campaignChoices, findCampaign, obstacleOf, runsText, sessionOf, titleOf } from './state.ts';

/** Of an embed, characters. */
const MOST_DESCRIPTION = 1_500;
const MOST_FIELD = 1_000;

/** `/campaign info [campaign]`, to the asker alone. */
export const info: Subcommand = {
  name: 'info',
  describe: (builder) => {
    describeIn(builder, ({ campaign }) => campaign.command.info);
    builder.addStringOption((option) => {
      describeIn(option, ({ campaign }) => campaign.command.infoOption);
      return option.setName('campaign').setAutocomplete(true).setMaxLength(253);
    });
  },
  complete: ({ host, typed }) => campaignChoices(host, typed),
  run: async (invocation) => {
    const { host, messages, reply } = invocation;
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    await reply.defer({ ephemeral: true });
    const loaded = await loadedCampaign(invocation);
    const chosen = choose(invocation, loaded);
    if ('refusal' in chosen) {
      reply.edit(chosen.refusal);
      return;
    }
    const history = await historyOf(invocation, chosen.campaign.metadata.name);
    reply.edit({ embeds: [describeCampaign(invocation, chosen.campaign, { loaded, history })] });
  },
};

/** The one that is named, else the one that runs here, else the one that is loaded, else the only one. */
function choose(
  { host, guildId, options, messages }: Invocation,
  loaded: string | undefined,
): ReturnType<typeof findCampaign> {
  const wanted = options.get('campaign');
  if (wanted !== undefined) return findCampaign(host, wanted, messages);
  const all = host.campaigns();
  const byName = (name: string | undefined) => all.find(({ metadata }) => metadata.name === name);
  const running = runningSession(host, guildId)?.spec.campaignRef.name;
  const campaign = byName(running) ?? byName(loaded) ?? (all.length === 1 ? all[0] : undefined);
  if (campaign !== undefined) return { campaign };
  if (all.length === 0) return { refusal: messages.refusal.noCampaign };
  return {
    refusal: messages.session.refusal.chooseCampaign(all.map(({ metadata }) => metadata.name).sort()),
  };
}

/** Undefined: the database does not say. */
async function historyOf(
  { host, log }: Pick<Invocation, 'host' | 'log'>,
  campaign: string,
): Promise<CampaignHistory | undefined> {
  const database = host.database();
  if (database === undefined) return undefined;
  return await new CampaignStore(database).history(campaign).catch((error: unknown) => {
    log.warn({ err: error }, 'What was played of a campaign cannot be read');
    return undefined;
  });
}

export interface Remembered {
  readonly loaded: string | undefined;
  readonly history: CampaignHistory | undefined;
}

export function describeCampaign(
  { host, guildId, messages }: Pick<Asking, 'host' | 'guildId' | 'messages'>,
  campaign: Live<Campaign>,
  { loaded, history }: Remembered,
): APIEmbed {
  const { metadata, spec } = campaign;
  const texts = messages.campaign;
  const session = sessionOf(host, campaign);
  const muted = session?.spec.guildId === guildId ? (session.spec.mutedNpcs ?? []) : [];
  const npcs = spec.npcs.map(({ name, title }) => {
    const silent = muted.includes(name) ? ` (${texts.info.muted})` : '';
    return `**${name}**${title === undefined ? '' : `, ${title}`}${silent}`;
  });
  const state = [
    obstacleOf(campaign, messages) ?? texts.ready,
    runsText(session, guildId, messages),
    metadata.name === loaded ? texts.loaded : undefined,
  ].filter((fact) => fact !== undefined);
  const field = (name: string, value: string, inline = true): APIEmbedField => ({ name, value, inline });
  const description = (spec.description ?? '').trim();
  return {
    title: titleOf(campaign),
    ...(description === '' ? {} : { description: shortened(description, MOST_DESCRIPTION) }),
    fields: [
      field(texts.info.characters(npcs.length), fitting(npcs, texts.list.more, MOST_FIELD), false),
      field(texts.info.state, shortened(state.join(', '), MOST_FIELD), false),
      field(texts.info.language, languageName(spec.language, texts.locale)),
      ...playedFields(history, texts).map(([name, value]) => field(name, value)),
    ],
    footer: { text: texts.info.name(metadata.name) },
  };
}

function playedFields(
  history: CampaignHistory | undefined,
  { info: texts, locale }: Messages['campaign'],
): readonly (readonly [name: string, value: string])[] {
  if (history === undefined) return [[texts.played, texts.unknown]];
  const { sessions, seconds, last } = history;
  if (last === undefined) return [[texts.played, texts.never]];
  return [
    [texts.played, texts.sessions(sessions, texts.hours(hoursText(seconds, locale)))],
    [texts.last, `<t:${Math.floor(last.getTime() / 1000)}:f>`],
  ];
}

function hoursText(seconds: number, locale: string): string {
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return format.format(seconds / 3600);
}

/** "English" for en; the tag itself where nobody knows a name for it. */
function languageName(tag: string, locale: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}
