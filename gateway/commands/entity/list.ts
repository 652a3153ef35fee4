import { escapeMarkdown } from '@discordjs/builders';
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { entityKey } from '../../../src/entities/entity.ts';
import type { ListedEntity } from '../../../src/entities/merge.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { type ActionRow, type Answer, customId } from '../answer.ts';
import type { Asking, ComponentHandler, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { describeAudience } from './audience.ts';
import { addCampaignOption } from './campaign-option.ts';
import { campaignChoices, findWorld, shortHash, textChoices, type World } from './world.ts';

const PER_PAGE = 10;
const LONGEST_SUMMARY = 110;
/** Of an embed's description, characters; only names and kinds that are all markup come near. */
const MOST_TEXT = 4_096;

/** `/entity list [kind] [campaign]`: a page at a time, to the asker alone. */
export const list: Subcommand = {
  name: 'list',
  describe: (builder) => {
    describeIn(builder, ({ entity }) => entity.command.list);
    builder.addStringOption((option) => {
      describeIn(option, ({ entity }) => entity.command.kindOption);
      return option.setName('kind').setAutocomplete(true).setMaxLength(100);
    });
    addCampaignOption(builder);
  },
  complete: async (completion) => {
    if (completion.focused === 'campaign') return campaignChoices(completion);
    const world = await findWorld(completion, completion.options.get('campaign'));
    return 'refusal' in world ? [] : textChoices(kindsOf(world), completion.typed);
  },
  run: async (invocation) => {
    const { options, reply } = invocation;
    const kind = options.get('kind');
    const answer = await page(
      invocation,
      options.get('campaign'),
      kind === undefined ? '' : shortHash(entityKey(kind)),
      0,
    );
    await reply.send(answer, { ephemeral: true });
  },
};

/** `entity:page:<campaign>:<kind>:<page>` */
export const turnPage: ComponentHandler = {
  action: 'page',
  permission: 'entity list',
  run: async (invocation) => {
    const [campaign, kind = '', number = '0'] = invocation.args;
    const wanted = /^\d{1,4}$/.test(number) ? Number(number) : 0;
    await invocation.reply.update(await page(invocation, campaign, kind, wanted));
  },
};

async function page(
  asking: Pick<Asking, 'host' | 'guildId' | 'messages'>,
  campaign: string | undefined,
  kind: string,
  wanted: number,
): Promise<string | Answer> {
  const { messages } = asking;
  const world = await findWorld(asking, campaign);
  if ('refusal' in world) return world.refusal;
  const shown = world.listed.filter((entity) => kind === '' || shortHash(entityKey(entity.kind)) === kind);
  if (shown.length === 0)
    return kind === '' ? messages.entity.none(world.title) : messages.entity.noneOfKind(world.title);
  const pages = Math.ceil(shown.length / PER_PAGE);
  const number = Math.min(wanted, pages - 1);
  const entries = shown.slice(number * PER_PAGE, (number + 1) * PER_PAGE);
  const { title, footer } = messages.entity.list;
  return {
    embeds: [
      {
        title: title(world.title),
        description: entries
          .map((entity) => entryText(entity, messages))
          .join('\n')
          .slice(0, MOST_TEXT),
        footer: { text: footer(String(number + 1), String(pages), String(shown.length)) },
      },
    ],
    components: pages === 1 ? [] : [buttons(world, kind, number, pages, messages)],
  };
}

function entryText(entity: ListedEntity, messages: Messages): string {
  const { list: words } = messages.entity;
  const marks = [
    escapeMarkdown(entity.kind),
    entity.knowledge.length === 0
      ? ''
      : `🔒 ${escapeMarkdown(describeAudience(entity.knowledge, messages).slice(0, 80))}`,
    entity.origin === 'added' ? '' : words[entity.origin],
  ].filter((mark) => mark !== '');
  const summary = entity.description.replaceAll(/\s+/g, ' ');
  const cut = summary.length <= LONGEST_SUMMARY ? summary : `${summary.slice(0, LONGEST_SUMMARY - 1)}…`;
  const head = `**${escapeMarkdown(entity.name)}**${marks.length === 0 ? '' : ` · ${marks.join(' · ')}`}`;
  return entity.origin === 'hidden' ? `~~${head}~~` : `${head}\n${escapeMarkdown(cut)}`;
}

function buttons(world: World, kind: string, number: number, pages: number, { entity }: Messages): ActionRow {
  const button = (to: number, label: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    label,
    custom_id: customId('entity', 'page', shortHash(world.campaign.metadata.name), kind, String(to)),
    disabled: to < 0 || to >= pages,
  });
  return {
    type: ComponentType.ActionRow,
    components: [button(number - 1, entity.list.previous), button(number + 1, entity.list.next)],
  };
}

function kindsOf({ listed }: World): string[] {
  return listed
    .map(({ kind }) => kind)
    .filter((kind) => kind !== '')
    .sort();
}
