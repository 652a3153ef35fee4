import type { Campaign } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { Asking, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { loadedCampaign } from './loaded.ts';
import { obstacleOf, runsText, sessionOf, titleOf } from './state.ts';

/** Of an embed's description, characters, less room for the line that says how many are left out. */
const MOST_TEXT = 4_000;
/** Of one campaign's error, characters. */
const MOST_STATE = 300;

/** `/campaign list`: all that can be played, to the asker alone. */
export const list: Subcommand = {
  name: 'list',
  describe: (builder) => describeIn(builder, ({ campaign }) => campaign.command.list),
  run: async (invocation) => {
    const { host, messages, reply } = invocation;
    const campaigns = [...host.campaigns()].sort((left, right) =>
      titleOf(left).localeCompare(titleOf(right)),
    );
    if (!host.ready || campaigns.length === 0) {
      const { starting, noCampaign } = messages.refusal;
      await reply.send(host.ready ? noCampaign : starting, { ephemeral: true });
      return;
    }
    const loaded = await loadedCampaign(invocation);
    const lines = campaigns.map((campaign) => lineOf(campaign, loaded, invocation));
    const description = fitting(lines, messages.campaign.list.more);
    const title = messages.campaign.list.title;
    await reply.send({ embeds: [{ title, description }] }, { ephemeral: true });
  },
};

function lineOf(
  campaign: Live<Campaign>,
  loaded: string | undefined,
  { host, guildId, messages }: Asking,
): string {
  const { name } = campaign.metadata;
  const texts = messages.campaign;
  const obstacle = obstacleOf(campaign, messages);
  const facts = [
    texts.list.characters(campaign.spec.npcs.length),
    (obstacle ?? texts.ready).slice(0, MOST_STATE),
    runsText(sessionOf(host, campaign), guildId, messages),
    name === loaded ? texts.loaded : undefined,
  ].filter((fact) => fact !== undefined);
  return `${obstacle === undefined ? '✅' : '⚠️'} **${titleOf(campaign)}** (\`${name}\`): ${facts.join(', ')}`;
}

/** As many lines as fit, and how many do not. */
export function fitting(
  lines: readonly string[],
  more: (count: number) => string,
  most: number = MOST_TEXT,
): string {
  const text = (shown: number): string =>
    [...lines.slice(0, shown), ...(shown === lines.length ? [] : [more(lines.length - shown)])].join('\n');
  let shown = lines.length;
  while (shown > 0 && text(shown).length > most) shown -= 1;
  return text(shown);
}
