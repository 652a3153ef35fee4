import { MOST_WORDS, type OwnWords, PrivacyStore, type StoredOfPerson } from '../../../src/store/index.ts';
import type { Messages } from '../../messages/catalogue.ts';
import type { Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';

/** Of the file, bytes: Discord takes 10 MB. */
const MOST_BYTES = 8_000_000;

/** `/privacy show`: what is stored of the asker, with every word as a file. */
export const show: Subcommand = {
  name: 'show',
  describe: (builder) => describeIn(builder, ({ privacy }) => privacy.command.show),
  run: async ({ host, userId, messages, reply }) => {
    const database = host.database();
    if (database === undefined) {
      await reply.send(messages.refusal.databaseUnavailable, { ephemeral: true });
      return;
    }
    await reply.defer({ ephemeral: true });
    const store = new PrivacyStore(database);
    const stored = await store.overview(userId);
    const words = await store.words(userId);
    const file = fileOf(words);
    const embed = {
      title: messages.privacy.title,
      description: describeStored(stored, file.lines, messages),
    };
    reply.edit({
      embeds: [embed],
      ...(file.lines === 0
        ? {}
        : {
            files: [
              { name: messages.privacy.fileName, data: file.data, contentType: 'text/plain; charset=utf-8' },
            ],
          }),
    });
  },
};

/** @param lines how many utterances the file has */
export function describeStored(stored: StoredOfPerson, lines: number, { privacy }: Messages): string {
  const { segments, sessions, firstAt, lastAt, feedback, optedOutAt } = stored;
  const said =
    firstAt === undefined || lastAt === undefined
      ? [privacy.nothing]
      : [
          privacy.stored(segments, sessions, moment(firstAt), moment(lastAt)),
          lines < segments ? privacy.fileOfFirst(Math.min(lines, MOST_WORDS)) : privacy.fileFollows,
        ];
  return [
    ...said,
    ...(feedback === 0 ? [] : [privacy.feedback(feedback)]),
    optedOutAt === undefined ? privacy.heard : privacy.notHeardSince(moment(optedOutAt)),
  ].join('\n');
}

/** Discord shows it in the reader's own time zone. */
function moment(time: Date): string {
  return `<t:${Math.floor(time.getTime() / 1000)}:f>`;
}

function fileOf(words: readonly OwnWords[]): { readonly data: Buffer; readonly lines: number } {
  const lines: string[] = [];
  let bytes = 0;
  for (const { at, session, text } of words) {
    const line = `${at.toISOString()}\t${session}\t${text.replaceAll(/\s+/g, ' ')}\n`;
    bytes += Buffer.byteLength(line);
    if (bytes > MOST_BYTES) break;
    lines.push(line);
  }
  return { data: Buffer.from(lines.join('')), lines: lines.length };
}
