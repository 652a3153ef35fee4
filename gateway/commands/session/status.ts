import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession } from '../running.ts';
import { cardOf } from './card.ts';

/** `/session status`: what runs on this server, from the cache, to the asker alone. */
export const status: Subcommand = {
  name: 'status',
  describe: (builder) => describeIn(builder, (messages) => messages.session.command.status),
  run: async ({ host, guildId, messages, reply }) => {
    if (!host.ready) {
      await reply.send(messages.refusal.starting, { ephemeral: true });
      return;
    }
    const session = runningSession(host, guildId);
    if (session === undefined) {
      await reply.send(messages.refusal.nothingRuns, { ephemeral: true });
      return;
    }
    const campaign = host.campaigns().find(({ metadata }) => metadata.name === session.spec.campaignRef.name);
    const { answer } = cardOf(session, { messages, campaign, tenantReason: host.tenant.reason });
    await reply.send(answer, { ephemeral: true });
  },
};
