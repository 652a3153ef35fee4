import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { list } from './list.ts';
import { mute, muteall, muteButtons, unmute, unmuteall } from './mute.ts';
import { speak } from './speak.ts';

/** `/npc list`, `mute`, `unmute`, `muteall`, `unmuteall`, `speak` */
export const npc: Command = {
  name: 'npc',
  describe: (builder) => describeIn(builder, (messages) => messages.npc.command.npc),
  subcommands: [list, mute, unmute, muteall, unmuteall, speak],
  components: muteButtons,
};
