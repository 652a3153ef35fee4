import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { isLive } from './progress.ts';

/** `/session stop`: asks for the end; the worker finishes its sentence first. */
export const stop: Subcommand = {
  name: 'stop',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.stop),
  run: async ({ host, guildId, messages, publicMessages, reply, log }) => {
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    const session = host
      .sessions()
      .find((candidate) => candidate.spec.guildId === guildId && isLive(candidate));
    if (session === undefined) {
      await reply.send(messages.refusal.nothingRuns, { ephemeral: true });
      return;
    }
    await reply.defer();
    await host.stopSession(session);
    log.info({ session: session.metadata.name }, 'Session stopped from Discord');
    reply.edit(publicMessages.session.progress.stopping(session.metadata.name));
  },
};
