import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { describeProgress, isLive } from './progress.ts';

/** `/session status`: what runs on this server, from the cache, to the asker alone. */
export const status: Subcommand = {
  name: 'status',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.status),
  run: async ({ host, guildId, messages, reply }) => {
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    const session = host
      .sessions()
      .find((candidate) => candidate.spec.guildId === guildId && isLive(candidate));
    const text =
      session === undefined ? messages.refusal.nothingRuns : describeProgress(session, messages).text;
    await reply.send(text, { ephemeral: true });
  },
};
