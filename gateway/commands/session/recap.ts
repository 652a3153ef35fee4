import { type SessionSummary, type StoredRecap, StoreError } from '../../../src/store/index.ts';
import type { Answer } from '../answer.ts';
import type { ComponentHandler, Interacting, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { recapOf } from './recap-request.ts';
import { recapTarget, sessionChoices } from './recap-target.ts';
import { splitText } from './split-text.ts';

/** Longest description of an embed, characters. */
const MOST_DESCRIPTION = 4096;
const MOST_TITLE = 256;

/** `/session recap [session]`: what happened, for everyone to read. */
export const recap: Subcommand = {
  name: 'recap',
  describe: (builder) => {
    describeIn(builder, (messages) => messages.recap.command.recap);
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.recap.command.sessionOption);
      return option.setName('session').setAutocomplete(true).setMaxLength(63);
    });
  },
  complete: (completion) => sessionChoices(completion),
  run: (invocation) => show(invocation, invocation.options.get('session')),
};

/** The button of a session's card: `session:recap:<session>`. */
export const recapButton: ComponentHandler = {
  action: 'recap',
  run: (invocation) => show(invocation, invocation.args[0]),
};

async function show(asking: Interacting, name: string | undefined): Promise<void> {
  const { host, messages, publicMessages, reply, log } = asking;
  const database = host.database();
  if (!host.ready || database === undefined) {
    const refusal = host.ready ? messages.refusal.databaseUnavailable : messages.refusal.starting;
    await reply.send(refusal, { ephemeral: true });
    return;
  }
  await reply.defer();
  try {
    const target = await recapTarget(asking, database, name);
    if ('refusal' in target) {
      reply.edit(target.refusal);
      return;
    }
    const { session } = target;
    const answer = await recapOf(asking, database, session, () =>
      reply.edit(publicMessages.recap.writing(session.name)),
    );
    if ('refusal' in answer) {
      reply.edit(answer.refusal);
      return;
    }
    const [first, ...others] = pages(answer.recap, session, asking);
    if (first !== undefined) reply.edit(first);
    // In order: what goes on stands below what it follows.
    await reply.settled();
    for (const page of others) await reply.followUp(page);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ err: error }, 'The database does not answer');
    reply.edit(messages.refusal.databaseUnavailable);
  }
}

/** A message for each, since the embeds of one may hold 6000 characters together. */
function pages(
  { text, segments }: StoredRecap,
  { name, campaign, startedAt }: SessionSummary,
  { host, publicMessages }: Interacting,
): Answer[] {
  const texts = publicMessages.recap;
  const title = host.campaigns().find(({ metadata }) => metadata.name === campaign)?.spec.title ?? campaign;
  const parts = splitText(text, MOST_DESCRIPTION);
  return parts.map((description, index) => ({
    embeds: [
      {
        description,
        ...(index === 0 ? { title: texts.title(title).slice(0, MOST_TITLE) } : {}),
        ...(index === parts.length - 1
          ? { footer: { text: texts.footer(name, segments) }, timestamp: startedAt.toISOString() }
          : {}),
      },
    ],
  }));
}
