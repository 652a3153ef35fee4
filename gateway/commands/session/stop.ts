import type { ComponentHandler, Interacting, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession } from '../running.ts';
import { isLive } from './progress.ts';

/** `/session stop`: asks for the end; the worker finishes its sentence first. */
export const stop: Subcommand = {
  name: 'stop',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.stop),
  run: async (invocation) => {
    const { host, guildId, messages, publicMessages, reply } = invocation;
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    const session = runningSession(host, guildId);
    if (session === undefined) {
      await reply.send(messages.refusal.nothingRuns, { ephemeral: true });
      return;
    }
    await reply.defer();
    await end(invocation, session);
    reply.edit(publicMessages.session.stopping(session.metadata.name));
  },
};

/** The button `session:stop:<session>`: the status card that it stands on shows the rest. */
export const stopButton: ComponentHandler = {
  action: 'stop',
  run: async (invocation) => {
    const { host, guildId, messages, reply, args } = invocation;
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    const session = host
      .sessions()
      .find(({ metadata, spec }) => metadata.name === args[0] && spec.guildId === guildId);
    if (session === undefined || !isLive(session)) {
      await reply.send(messages.session.over, { ephemeral: true });
      return;
    }
    await reply.deferUpdate();
    await end(invocation, session);
  },
};

async function end(
  { host, log }: Interacting,
  session: Parameters<Interacting['host']['stopSession']>[0],
): Promise<void> {
  await host.stopSession(session);
  log.info({ session: session.metadata.name }, 'Session stopped from Discord');
}
