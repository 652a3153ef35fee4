/**
 * `/feedback`: four ratings and a comment on the session that runs, or else the last one, kept in the tenant's schema.
 * Of each person and session the last one counts.
 */
import { FeedbackStore, type KnownSession, type Ratings } from '../../../src/store/index.ts';
import { LOCALIZATIONS } from '../../messages/catalogue.ts';
import type { Command, Invocation } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession, stageOf } from '../running.ts';
import { en } from './messages.ts';

/** Characters. */
export const MOST_COMMENT = 1_000;

const RATINGS = [
  'voice',
  'understanding',
  'character',
  'speed',
] as const satisfies readonly (keyof Ratings)[];

export const feedback: Command = {
  name: 'feedback',
  access: 'everyone',
  describe: (builder) => {
    describeIn(builder, ({ feedback: { command } }) => command.feedback);
    for (const rating of RATINGS) {
      builder.addIntegerOption((option) => {
        describeIn(option, ({ feedback: { command } }) => command[rating]);
        return option
          .setName(rating)
          .setRequired(true)
          .addChoices(...GRADES);
      });
    }
    builder.addStringOption((option) => {
      describeIn(option, ({ feedback: { command } }) => command.comment);
      return option.setName('comment').setMaxLength(MOST_COMMENT);
    });
  },
  run: async (invocation) => {
    const { host, userId, correlationId, messages, reply, log } = invocation;
    const refuse = (text: string): Promise<void> => reply.send(text, { ephemeral: true });
    if (!host.ready) return await refuse(messages.refusal.starting);
    const ratings = ratingsOf(invocation);
    if (ratings === undefined) return await refuse(messages.feedback.incomplete);
    const comment = invocation.options.get('comment')?.trim() || undefined;
    if (comment !== undefined && comment.length > MOST_COMMENT)
      return await refuse(messages.feedback.tooLong(comment.length, MOST_COMMENT));
    const database = host.database();
    if (database === undefined) return await refuse(messages.refusal.databaseUnavailable);
    await reply.defer({ ephemeral: true });
    const store = new FeedbackStore(database);
    const session = await sessionOf(invocation, store);
    const given = { userId, ratings, comment, correlationId };
    const saved = session && (await store.save({ ...given, sessionUid: session.uid }));
    if (session === undefined || saved === undefined || saved === 'unknown') {
      reply.edit(messages.feedback.noSession);
      return;
    }
    if (saved === 'added') host.rated(ratings);
    log.info({ session: session.uid, saved }, 'Feedback');
    const began = `<t:${Math.floor(session.startedAt.getTime() / 1000)}:f>`;
    const text = saved === 'added' ? messages.feedback.thanks : messages.feedback.replaced;
    reply.edit(text(titleOf(invocation, session.campaign), began));
  },
};

const GRADES = en.grades.map((name, index) => ({
  name,
  name_localizations: Object.fromEntries(
    LOCALIZATIONS.map(({ locale, messages }) => [locale, messages.feedback.grades[index] ?? name]),
  ),
  value: index + 1,
}));

/** Undefined unless each is from 1 to 5. */
function ratingsOf({ options }: Pick<Invocation, 'options'>): Ratings | undefined {
  const given = (rating: keyof Ratings): number => options.integer(rating) ?? 0;
  const ratings = {
    voice: given('voice'),
    understanding: given('understanding'),
    character: given('character'),
    speed: given('speed'),
  };
  return Object.values(ratings).every((rating) => rating >= 1 && rating <= 5) ? ratings : undefined;
}

/** The session that plays; before its NPCs are there, and when none does, the last one. */
async function sessionOf(
  { host, guildId }: Pick<Invocation, 'host' | 'guildId'>,
  store: FeedbackStore,
): Promise<KnownSession | undefined> {
  const running = runningSession(host, guildId);
  if (running === undefined || stageOf(running) === 'joining') return await store.lastSession(guildId);
  const { metadata, spec, status } = running;
  const startedAt = new Date(status?.startedAt ?? metadata.creationTimestamp ?? Date.now());
  return { uid: metadata.uid, campaign: spec.campaignRef.name, startedAt };
}

function titleOf({ host }: Pick<Invocation, 'host'>, campaign: string): string {
  return host.campaigns().find(({ metadata }) => metadata.name === campaign)?.spec.title ?? campaign;
}
