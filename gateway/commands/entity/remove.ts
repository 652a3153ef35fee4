import type { Messages } from '../../messages/catalogue.ts';
import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { addCampaignOption } from './campaign-option.ts';
import { campaignChoices, changed, entityNamed, findWorld, textChoices, type World } from './world.ts';

/** `/entity remove name [campaign]`: what the manifest has is hidden instead. */
export const remove: Subcommand = {
  name: 'remove',
  describe: (builder) => {
    describeIn(builder, ({ entity }) => entity.command.remove);
    builder.addStringOption((option) => {
      describeIn(option, ({ entity }) => entity.command.nameOption);
      return option.setName('name').setAutocomplete(true).setMaxLength(128).setRequired(true);
    });
    addCampaignOption(builder);
  },
  complete: async (completion) => {
    if (completion.focused === 'campaign') return campaignChoices(completion);
    const world = await findWorld(completion, completion.options.get('campaign'));
    if ('refusal' in world) return [];
    const names = world.listed.filter(({ origin }) => origin !== 'hidden').map(({ name }) => name);
    return textChoices(names, completion.typed);
  },
  run: async (invocation) => {
    const { options, messages, reply, log } = invocation;
    await reply.defer({ ephemeral: true });
    const world = await findWorld(invocation, options.get('campaign'));
    if ('refusal' in world) {
      reply.edit(world.refusal);
      return;
    }
    const text = await removeFrom(world, options.get('name') ?? '', messages);
    await changed(invocation, world);
    log.info({ campaign: world.campaign.metadata.name }, 'An entity was removed from Discord');
    reply.edit(text);
  },
};

async function removeFrom(world: World, named: string, { entity: words }: Messages): Promise<string> {
  const found = entityNamed(world, named);
  const campaign = world.campaign.metadata.name;
  if (found === undefined) return words.unknown(named.slice(0, 128));
  const { name } = found;
  switch (found.origin) {
    case 'added':
      await world.store.remove(campaign, name);
      return words.removed(name);
    case 'changed':
      await world.store.remove(campaign, name);
      return words.removedShowsManifest(name);
    case 'manifest':
      await world.store.hide(campaign, name);
      return words.hidden(name);
    case 'hidden':
      return words.alreadyHidden(name);
  }
}
