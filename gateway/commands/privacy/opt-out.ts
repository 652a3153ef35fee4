import type { Interacting, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';

/** `/privacy optout` */
export const optout: Subcommand = {
  name: 'optout',
  describe: (builder) => describeIn(builder, ({ privacy }) => privacy.command.optout),
  run: (invocation) => change(invocation, true),
};

/** `/privacy optin` */
export const optin: Subcommand = {
  name: 'optin',
  describe: (builder) => describeIn(builder, ({ privacy }) => privacy.command.optin),
  run: (invocation) => change(invocation, false),
};

async function change({ host, userId, messages, reply, log }: Interacting, out: boolean): Promise<void> {
  const database = host.database();
  if (database === undefined) {
    await reply.send(messages.refusal.databaseUnavailable, { ephemeral: true });
    return;
  }
  await reply.defer({ ephemeral: true });
  const changed = await host.setOptOut(userId, out, database);
  log.info({ out, changed }, 'A person decided whether to be heard');
  const { privacy } = messages;
  if (out) {
    reply.edit(changed ? privacy.optedOut : privacy.optedOutBefore);
    return;
  }
  // What a game master has set in a Campaign, nobody can take back from Discord.
  const campaigns = host
    .campaigns()
    .filter(({ spec }) => spec.players?.some((one) => one.discordUserId === userId && one.optOut))
    .map(({ spec, metadata }) => spec.title ?? metadata.name);
  const text = changed ? privacy.optedIn : privacy.optedInBefore;
  reply.edit(campaigns.length === 0 ? text : `${text}\n${privacy.byCampaign(campaigns)}`);
}
