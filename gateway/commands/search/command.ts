import { TranscriptSearch } from '../../../src/store/index.ts';
import type { Answer } from '../answer.ts';
import type { Asking, Choice, Command, Completion, ComponentHandler } from '../command.ts';
import { describeIn } from '../describe.ts';
import { describeResult, PER_PAGE, type Search, searchIn } from './page.ts';

/** Beyond it nobody turns pages; each costs the database more than the one before. */
const LAST_PAGE = 99;

/** `search:page:<fields>:<page>`: what is searched for stands in the message itself. */
const turnPage: ComponentHandler = {
  action: 'page',
  permission: 'search',
  run: async (invocation) => {
    const { args, embeds, messages, reply } = invocation;
    const [fields = '', number = ''] = args;
    const search = /^\d{1,2}$/.test(number) ? searchIn(fields, embeds) : undefined;
    if (search === undefined) await reply.send(messages.search.outdated, { ephemeral: true });
    else await reply.update(await find(invocation, search, Number(number)));
  },
};

/** `/search query [speaker] [session]`: to the asker alone. */
export const search: Command = {
  name: 'search',
  describe: (builder) => {
    describeIn(builder, (messages) => messages.search.command.search);
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.search.command.queryOption);
      return option.setName('query').setRequired(true).setMaxLength(200);
    });
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.search.command.speakerOption);
      return option.setName('speaker').setAutocomplete(true).setMaxLength(100);
    });
    builder.addStringOption((option) => {
      describeIn(option, (messages) => messages.search.command.sessionOption);
      return option.setName('session').setAutocomplete(true).setMaxLength(253);
    });
  },
  complete: async (completion) => await choices(completion),
  run: async (invocation) => {
    const { options, reply } = invocation;
    await reply.defer({ ephemeral: true });
    const wanted = {
      query: (options.get('query') ?? '').trim(),
      speaker: options.get('speaker')?.trim() || undefined,
      session: options.get('session')?.trim() || undefined,
    };
    reply.edit(await find(invocation, wanted, 0));
  },
  components: [turnPage],
};

async function find(
  { host, guildId, messages }: Pick<Asking, 'host' | 'guildId' | 'messages'>,
  wanted: Search,
  page: number,
): Promise<string | Answer> {
  const database = host.database();
  if (database === undefined) return messages.refusal.databaseUnavailable;
  const number = Math.min(page, LAST_PAGE);
  const request = { ...wanted, guildId, limit: PER_PAGE, offset: number * PER_PAGE };
  const result = await new TranscriptSearch(database).search(request);
  if (result.total === 0) return messages.search.nothing(wanted.query.replaceAll('`', "'"));
  return describeResult(wanted, result, number, LAST_PAGE, messages);
}

async function choices({ host, guildId, focused, typed }: Completion): Promise<readonly Choice[]> {
  const database = host.database();
  if (database === undefined) return [];
  const transcripts = new TranscriptSearch(database);
  if (focused === 'speaker') {
    const names = await transcripts.speakers(guildId, typed);
    return names.map((name) => ({ name: name.slice(0, 100), value: name.slice(0, 100) }));
  }
  const sessions = await transcripts.sessions(guildId, typed);
  return sessions
    .filter(({ name }) => name.length <= 100)
    .map(({ name, startedAt }) => {
      const day = startedAt.toISOString().slice(0, 10);
      return { name: `${name.slice(0, 85)} (${day})`, value: name };
    });
}
