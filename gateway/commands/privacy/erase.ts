import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { PrivacyStore } from '../../../src/store/index.ts';
import { customId } from '../answer.ts';
import type { ComponentHandler, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';

/** How long a worker may take to say that it has forgotten, milliseconds. Its words are erased then in any case. */
const FORGET_MS = 5000;

/** `/privacy erase`: what it would erase, and a button that does it. */
export const erase: Subcommand = {
  name: 'erase',
  describe: (builder) => describeIn(builder, ({ privacy }) => privacy.command.erase),
  run: async ({ host, userId, messages, reply }) => {
    const database = host.database();
    if (database === undefined) {
      await reply.send(messages.refusal.databaseUnavailable, { ephemeral: true });
      return;
    }
    await reply.defer({ ephemeral: true });
    const { privacy } = messages;
    const { segments, sessions, feedback } = await new PrivacyStore(database).overview(userId);
    // What somebody has said just now may not be written yet.
    if (segments + feedback === 0 && !host.sessions().some(({ status }) => status?.phase === 'Active')) {
      reply.edit(privacy.nothingToErase);
      return;
    }
    const button = {
      type: ComponentType.Button,
      style: ButtonStyle.Danger,
      label: privacy.eraseButton,
      custom_id: customId('privacy', 'erase'),
    } as const;
    reply.edit({
      content: privacy.confirm(segments, sessions),
      components: [{ type: ComponentType.ActionRow, components: [button] }],
    });
  },
};

export const eraseButton: ComponentHandler = {
  action: 'erase',
  run: async ({ host, userId, messages, reply, log }) => {
    const database = host.database();
    if (database === undefined) {
      await reply.update(messages.refusal.databaseUnavailable);
      return;
    }
    await reply.update(messages.privacy.erasing);
    const store = new PrivacyStore(database);
    // Workers first: what one of them still has to write would come after.
    const forgotten = host.forget(userId);
    const inTime = await within(FORGET_MS, forgotten);
    const { segments, sessions } = await store.erase(userId);
    log.info({ segments, sessions, inTime }, 'A person had erased what was stored');
    if (!inTime) {
      void forgotten
        .then(() => store.erase(userId))
        .catch((error: unknown) => log.error({ err: error }, 'What a late worker wrote was not erased'));
    }
    reply.edit(messages.privacy.erased(segments, sessions));
  },
};

/** @returns false: it takes longer */
async function within(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), milliseconds);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
