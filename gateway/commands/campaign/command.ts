import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { load } from './load.ts';
import { switchCampaign } from './switch.ts';

/** `/campaign list`, `info`, `load`, `switch` */
export const campaign: Command = {
  name: 'campaign',
  describe: (builder) => describeIn(builder, (messages) => messages.campaign.command.campaign),
  subcommands: [list, info, load, switchCampaign],
};
