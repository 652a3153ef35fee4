import { audienceOf, GAME_MASTER_SCOPE, npcScope } from '../../../src/entities/entity.ts';
import { FileError } from '../../../src/entities/file-error.ts';
import { planImport } from '../../../src/entities/plan-import.ts';
import { LARGEST_FILE, readEntityFile } from '../../../src/entities/read-file.ts';
import { AttachmentError } from '../../discord/attachments.ts';
import type { Answer } from '../answer.ts';
import type { Choice, Completion, Invocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import type { AttachmentOption } from '../options.ts';
import { addCampaignOption } from './campaign-option.ts';
import { describeImport } from './report.ts';
import { campaignChoices, changed, findWorld, shortHash } from './world.ts';

/** Files that this process reads at a time: each takes memory. */
const AT_ONCE = 2;
let reading = 0;

const EVERYONE = 'everyone';

/** `/entity import file [known-by] [campaign]`: all of the file, or nothing; each record's fate in a report. */
export const importFile: Subcommand = {
  name: 'import',
  describe: (builder) => {
    describeIn(builder, ({ entity }) => entity.command.import);
    builder.addAttachmentOption((option) => {
      describeIn(option, ({ entity }) => entity.command.fileOption);
      return option.setName('file').setRequired(true);
    });
    builder.addStringOption((option) => {
      describeIn(option, ({ entity }) => entity.command.audienceOption);
      return option.setName('known-by').setAutocomplete(true).setMaxLength(100);
    });
    addCampaignOption(builder);
  },
  complete: async (completion) =>
    completion.focused === 'campaign' ? campaignChoices(completion) : await audienceChoices(completion),
  run: async (invocation) => {
    const { options, messages, reply } = invocation;
    const file = options.attachment('file');
    if (file === undefined || file.size > LARGEST_FILE) {
      const { tooLarge, notFetched } = messages.entity.import;
      await reply.send(file === undefined ? notFetched : tooLarge, { ephemeral: true });
      return;
    }
    if (reading >= AT_ONCE) {
      await reply.send(messages.entity.import.busy, { ephemeral: true });
      return;
    }
    reading += 1;
    try {
      await reply.defer({ ephemeral: true });
      reply.edit(await read(invocation, file));
    } finally {
      reading -= 1;
    }
  },
};

async function read(invocation: Invocation, file: AttachmentOption): Promise<string | Answer> {
  const { host, options, messages, log } = invocation;
  const words = messages.entity.import;
  const world = await findWorld(invocation, options.get('campaign'));
  if ('refusal' in world) return world.refusal;
  const { npcs } = world.campaign.spec;
  const knownBy = options.get('known-by') ?? EVERYONE;
  const scopes = [GAME_MASTER_SCOPE, ...npcs.map(({ name }) => npcScope(name))];
  const scope = scopes.find((one) => one === knownBy || shortHash(one) === knownBy);
  if (scope === undefined && knownBy !== EVERYONE) {
    return messages.entity.unknownAudience(
      knownBy,
      npcs.map(({ name }) => name),
    );
  }
  const name = file.filename.replaceAll('`', "'").slice(0, 100);
  try {
    const candidates = await readEntityFile(
      host.attachment(file.url),
      audienceOf(scope === undefined ? [] : [scope]),
    );
    if (candidates.length === 0) return words.empty(name);
    const { entities, records } = planImport(candidates, world.manifest, world.stored);
    if (entities.length > 0) {
      await world.store.put(world.campaign.metadata.name, entities);
      await changed(invocation, world);
    }
    log.info(
      { campaign: world.campaign.metadata.name, records: records.length, written: entities.length },
      'A file was imported',
    );
    return describeImport({ file: name, title: world.title, records }, messages);
  } catch (error) {
    if (error instanceof FileError) {
      const { line, column } = error.position;
      return words.broken(name, String(line), String(column), error.message.slice(0, 500));
    }
    if (!(error instanceof AttachmentError)) throw error;
    log.warn({ err: error }, 'A file was not read');
    return words.notFetched;
  }
}

async function audienceChoices({ host, messages, options, typed, guildId }: Completion): Promise<Choice[]> {
  const world = await findWorld({ host, guildId, messages }, options.get('campaign'));
  if ('refusal' in world) return [];
  const { everyone, gameMaster } = messages.entity.audience;
  const choices = [
    { name: everyone, value: EVERYONE },
    { name: gameMaster, value: GAME_MASTER_SCOPE },
    ...world.campaign.spec.npcs.map(({ name }) => ({ name, value: npcScope(name) })),
  ];
  return choices
    .filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()))
    .map(({ name, value }) => ({ name, value: value.length <= 100 ? value : shortHash(value) }));
}
