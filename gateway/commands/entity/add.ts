import { checkEntity, entityKey, sameEntity } from '../../../src/entities/entity.ts';
import type { ListedEntity } from '../../../src/entities/merge.ts';
import { planImport } from '../../../src/entities/plan-import.ts';
import { type Answer, customId, type Modal } from '../answer.ts';
import type { ModalHandler, ModalInvocation, Subcommand } from '../command.ts';
import { describeIn } from '../describe.ts';
import { runningSession } from '../running.ts';
import { describeAudience, parseAudience } from './audience.ts';
import { addCampaignOption } from './campaign-option.ts';
import { problemText } from './problem.ts';
import {
  campaignChoices,
  changed,
  entityNamed,
  findWorld,
  shortHash,
  textChoices,
  type World,
} from './world.ts';

/** `/entity add [name] [campaign]`: a form, filled in with what is there when the name is known. */
export const add: Subcommand = {
  name: 'add',
  describe: (builder) => {
    describeIn(builder, ({ entity }) => entity.command.add);
    builder.addStringOption((option) => {
      describeIn(option, ({ entity }) => entity.command.editOption);
      return option.setName('name').setAutocomplete(true).setMaxLength(128);
    });
    addCampaignOption(builder);
  },
  complete: async (completion) => {
    if (completion.focused === 'campaign') return campaignChoices(completion);
    const world = await findWorld(completion, completion.options.get('campaign'));
    return 'refusal' in world
      ? []
      : textChoices(
          world.listed.map(({ name }) => name),
          completion.typed,
        );
  },
  run: async (invocation) => {
    const { options, messages, reply } = invocation;
    const world = await findWorld(invocation, options.get('campaign'));
    if ('refusal' in world) {
      await reply.send(world.refusal, { ephemeral: true });
      return;
    }
    const named = options.get('name');
    const known = named === undefined ? undefined : entityNamed(world, named);
    const { form, audience } = messages.entity;
    const title = form.title(world.title);
    const fields: Modal['fields'] = [
      { id: 'name', label: form.name, maxLength: 128, ...filledWith(known?.name ?? named) },
      {
        id: 'kind',
        label: form.kind,
        placeholder: form.kindHint,
        required: false,
        maxLength: 64,
        ...filledWith(known?.kind),
      },
      {
        id: 'description',
        label: form.description,
        style: 'paragraph',
        maxLength: 2048,
        ...filledWith(known?.description),
      },
      {
        id: 'audience',
        label: form.audience,
        description: form.audienceHint,
        required: false,
        maxLength: 1000,
        ...filledWith(known === undefined ? audience.everyone : describeAudience(known.knowledge, messages)),
      },
    ];
    await reply.modal({
      customId: customId(
        'entity',
        'save',
        shortHash(world.campaign.metadata.name),
        known === undefined ? '' : shortHash(known.name),
      ),
      title: title.length <= 45 ? title : `${title.slice(0, 44)}…`,
      fields,
    });
  },
};

function filledWith(value: string | undefined): { readonly value?: string } {
  return value === undefined || value === '' ? {} : { value };
}

/** `entity:save:<campaign>:<the name before>` */
export const save: ModalHandler = {
  action: 'save',
  permission: 'entity add',
  run: async (invocation) => {
    const { args, reply } = invocation;
    const [campaign, before = ''] = args;
    await reply.defer({ ephemeral: true });
    const world = await findWorld(invocation, campaign);
    const renamed = 'refusal' in world || before === '' ? undefined : entityNamed(world, before);
    reply.edit(
      'refusal' in world ? refused(invocation, world.refusal) : await saveIn(world, renamed, invocation),
    );
  },
};

/** What was typed into a form is gone when it is refused, unless somebody says it again. */
function refused({ fields, messages }: ModalInvocation, why: string): Answer {
  const typed = ['name', 'kind', 'description', 'audience']
    .map((id) => fields.get(id) ?? '')
    .filter((text) => text !== '');
  return {
    content: `${why}\n${messages.entity.notLost}`,
    embeds: [{ description: typed.join('\n\n').slice(0, 4096) }],
  };
}

async function saveIn(
  world: World,
  before: ListedEntity | undefined,
  invocation: ModalInvocation,
): Promise<string | Answer> {
  const { fields, host, guildId, messages, log } = invocation;
  const { entity: words } = messages;
  const { npcs } = world.campaign.spec;
  const scopes = world.listed.flatMap(({ knowledge }) => knowledge);
  const audience = parseAudience(fields.get('audience') ?? '', npcs, scopes);
  if ('unknown' in audience) {
    return refused(
      invocation,
      words.unknownAudience(
        audience.unknown.slice(0, 100),
        npcs.map(({ name }) => name),
      ),
    );
  }
  const checked = checkEntity({
    name: fields.get('name') ?? '',
    kind: fields.get('kind') ?? '',
    description: fields.get('description') ?? '',
    knowledge: audience.knowledge,
  });
  if ('problem' in checked) return refused(invocation, words.invalid(problemText(checked, messages)));
  const key = entityKey(checked.name);
  const seed = world.manifest.find(({ name }) => entityKey(name) === key);
  const kept = world.stored.find(({ name }) => entityKey(name) === key);
  const now = (text: string): string => {
    const plays = runningSession(host, guildId)?.spec.campaignRef.name === world.campaign.metadata.name;
    return plays ? `${text} ${words.atOnce}` : text;
  };
  const known = describeAudience(checked.knowledge, messages);
  let text: string;
  if (seed !== undefined && sameEntity(seed, checked)) {
    text = (await world.store.remove(world.campaign.metadata.name, checked.name))
      ? now(words.savedAsManifest(checked.name))
      : words.savedUnchanged(checked.name);
  } else {
    const found = { entity: checked, shortened: false };
    const plan = planImport(
      [{ position: { line: 1, column: 1 }, name: checked.name, found }],
      world.manifest,
      world.stored,
    );
    if (plan.records[0]?.result.kind === 'skipped') return refused(invocation, words.full);
    if (plan.entities.length === 0) text = words.savedUnchanged(checked.name);
    else {
      await world.store.put(world.campaign.metadata.name, plan.entities);
      text = now(
        kept === undefined && seed === undefined
          ? words.saved(checked.name, known)
          : words.savedChanged(checked.name, known),
      );
    }
  }
  // It has another name now. What the manifest has under the old one stays.
  if (before !== undefined && entityKey(before.name) !== key && before.origin !== 'manifest') {
    await world.store.remove(world.campaign.metadata.name, before.name);
  }
  await changed(invocation, world);
  log.info({ campaign: world.campaign.metadata.name }, 'An entity was written from Discord');
  return text;
}
