import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { recap, recapButton } from './recap.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop, stopButton } from './stop.ts';
import { voiceRecap } from './voice-recap.ts';

/** `/session start`, `stop`, `status`, `recap`, `voice-recap` */
export const session: Command = {
  name: 'session',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.session),
  subcommands: [start, stop, status, recap, voiceRecap],
  components: [stopButton, recapButton],
};
