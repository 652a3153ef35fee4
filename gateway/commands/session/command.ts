import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';

/** `/session start`, `/session stop`, `/session status` */
export const session: Command = {
  name: 'session',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.session),
  subcommands: [start, stop, status],
};
