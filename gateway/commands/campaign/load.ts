import { CampaignStore } from '../../../src/store/index.ts';
import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { campaignChoices, findCampaign, obstacleOf, titleOf } from './state.ts';

/** `/campaign load`: which campaign `/session start` takes on this server when none is named. */
export const load: Subcommand = {
  name: 'load',
  describe: (builder) => {
    describeIn(builder, ({ campaign }) => campaign.command.load);
    builder.addStringOption((option) => {
      describeIn(option, ({ campaign }) => campaign.command.campaignOption);
      return option.setName('campaign').setRequired(true).setAutocomplete(true).setMaxLength(253);
    });
  },
  complete: ({ host, typed }) => campaignChoices(host, typed),
  run: async ({ host, guildId, userId, options, messages, reply, log }) => {
    const refuse = (text: string): Promise<void> => reply.send(text, { ephemeral: true });
    if (!host.ready) return await refuse(messages.refusal.starting);
    const found = findCampaign(host, options.get('campaign') ?? '', messages);
    if ('refusal' in found) return await refuse(found.refusal);
    const database = host.database();
    if (database === undefined) return await refuse(messages.refusal.databaseUnavailable);
    await reply.defer({ ephemeral: true });
    const { name } = found.campaign.metadata;
    const title = titleOf(found.campaign);
    const store = new CampaignStore(database);
    const already = (await store.loaded(guildId)) === name;
    if (!already) {
      await store.load(guildId, name, userId);
      log.info({ campaign: name }, 'Campaign loaded from Discord');
    }
    const { campaign: texts } = messages;
    const obstacle = obstacleOf(found.campaign, messages);
    const done = already ? texts.loadedAlready(title) : texts.nowLoaded(title);
    reply.edit(obstacle === undefined ? done : done + texts.butNotReady(obstacle));
  },
};
