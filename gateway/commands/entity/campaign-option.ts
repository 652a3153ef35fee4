import type { SlashCommandSubcommandBuilder } from '@discordjs/builders';
import { describeIn } from '../describe.ts';

/** `campaign`, which every `/entity` command may be given; see `findWorld` for what holds without it. */
export function addCampaignOption(builder: SlashCommandSubcommandBuilder): void {
  builder.addStringOption((option) => {
    describeIn(option, ({ entity }) => entity.command.campaignOption);
    return option.setName('campaign').setAutocomplete(true).setMaxLength(253);
  });
}
