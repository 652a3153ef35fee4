import type { Command } from '../command.ts';
import { describeIn } from '../describe.ts';
import { erase, eraseButton } from './erase.ts';
import { optin, optout } from './opt-out.ts';
import { show } from './show.ts';

/** `/privacy optout`, `optin`, `show`, `erase`: everybody's own, and only for themselves. */
export const privacy: Command = {
  name: 'privacy',
  access: 'everyone',
  describe: (builder) => describeIn(builder, (messages) => messages.privacy.command.privacy),
  subcommands: [optout, optin, show, erase],
  components: [eraseButton],
};
