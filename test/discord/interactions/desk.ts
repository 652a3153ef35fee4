import {
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  PermissionFlagsBits,
} from 'discord-api-types/v10';
import type { Acknowledgement, AttachmentValue, InteractionHandle, Match, OptionValue } from '../api.ts';
import { until } from '../until.ts';
import type { Application, Channel, Guild, StoredCommand } from '../world/model.ts';
import { may } from '../world/permissions.ts';
import { ScenarioError, type World } from '../world/world.ts';
import type { InteractionDelivery } from './delivery.ts';
import {
  ACKNOWLEDGE_WITHIN_MS,
  type Interaction,
  type InteractionKind,
  type InteractionLedger,
  type ReplySnapshot,
  snapshot,
} from './ledger.ts';
import { type Modal, modalData } from './modal.ts';
import { commandData, interactionJson, type Scene } from './payloads.ts';

/** The people's side of interactions: they use commands and components and see what comes back. */
export class InteractionDesk {
  readonly #world: World;
  readonly #ledger: InteractionLedger;
  readonly #delivery: InteractionDelivery;
  readonly #upload: (channelId: string, file: AttachmentValue) => { id: string };

  constructor(
    world: World,
    ledger: InteractionLedger,
    delivery: InteractionDelivery,
    upload: (channelId: string, file: AttachmentValue) => { id: string },
  ) {
    this.#world = world;
    this.#ledger = ledger;
    this.#delivery = delivery;
    this.#upload = upload;
  }

  async command(
    userId: string,
    place: { guildId: string; channelId: string },
    words: string,
    options: Readonly<Record<string, OptionValue>>,
  ): Promise<InteractionHandle> {
    const { scene, command, path } = this.#find(userId, place, words);
    const data = commandData(command, path, options, this.#place(scene));
    return this.#run(scene, 'command', InteractionType.ApplicationCommand, data);
  }

  async autocomplete(
    userId: string,
    place: { guildId: string; channelId: string },
    words: string,
    focused: { name: string; value: string },
    options: Readonly<Record<string, OptionValue>>,
  ): Promise<{ name: string; value: string | number }[]> {
    const { scene, command, path } = this.#find(userId, place, words);
    const values = { ...options, [focused.name]: focused.value };
    const data = commandData(command, path, values, this.#place(scene), focused.name);
    const interaction = this.#open(scene, 'autocomplete');
    await this.#deliver(scene, interaction, InteractionType.ApplicationCommandAutocomplete, data);
    const answer = interaction.responseData;
    return isChoices(answer) ? answer.choices : [];
  }

  async component(
    userId: string,
    message: { channelId: string; messageId: string },
    customId: string,
    values: readonly string[],
  ): Promise<InteractionHandle> {
    const channel = this.#world.channel(message.channelId);
    const stored = channel.messages.get(message.messageId);
    if (!stored) throw new ScenarioError(`message ${message.messageId} does not exist`);
    if (stored.visibleTo && stored.visibleTo !== userId) {
      throw new ScenarioError(`user ${userId} cannot see the ephemeral message ${message.messageId}`);
    }
    const found = findComponent(stored.message.components ?? [], customId);
    if (!found) throw new ScenarioError(`the message has no component ${customId}`);
    if (found.disabled) throw new ScenarioError(`component ${customId} is disabled`);
    const application = this.#world.application(stored.message.author.id);
    const scene = this.#scene(userId, this.#world.guild(channel.guildId), channel, application);
    const data = {
      custom_id: customId,
      component_type: found.type,
      ...(found.type === 2 ? {} : { values, resolved: {} }),
    };
    return this.#run(scene, 'component', InteractionType.MessageComponent, data, {
      sourceMessageId: message.messageId,
      message: stored.message,
    });
  }

  async submitModal(
    userId: string,
    interactionId: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<InteractionHandle> {
    const opener = this.#ledger.get(interactionId);
    if (!opener || opener.responseType !== InteractionResponseType.Modal) {
      throw new ScenarioError(`interaction ${interactionId} opened no modal`);
    }
    const channel = this.#world.channel(opener.channelId);
    const application = this.#world.application(opener.applicationId);
    const scene = this.#scene(userId, this.#world.guild(opener.guildId), channel, application);
    // The form was checked when it was opened.
    const data = modalData(opener.responseData as Modal, fields);
    const source = channel.messages.get(opener.sourceMessageId ?? '');
    return this.#run(
      scene,
      'modal',
      InteractionType.ModalSubmit,
      data,
      source && { sourceMessageId: source.message.id, message: source.message },
    );
  }

  #find(userId: string, place: { guildId: string; channelId: string }, words: string) {
    const guild = this.#world.guild(place.guildId);
    const channel = this.#world.channel(place.channelId);
    const [name = '', ...path] = words.trim().replace(/^\//, '').split(/\s+/);
    for (const id of guild.applications) {
      const application = this.#world.application(id);
      const command = registered(application, guild.id, name);
      if (!command) continue;
      const scene = this.#scene(userId, guild, channel, application);
      this.#checkUse(scene, command);
      return { scene, command, path };
    }
    throw new ScenarioError(`no application in guild ${guild.id} has registered /${name}`);
  }

  /** Discord does not offer a command to members without its default permissions. */
  #checkUse({ guild, channel, member }: Scene, command: StoredCommand): void {
    const needed =
      PermissionFlagsBits.UseApplicationCommands | BigInt(command.default_member_permissions ?? '0');
    if (!may(guild, channel, member, needed)) {
      throw new ScenarioError(`user ${member.user.id} may not use /${command.name} in channel ${channel.id}`);
    }
  }

  #scene(userId: string, guild: Guild, channel: Channel, application: Application): Scene {
    return { application, guild, channel, member: this.#world.member(guild, userId) };
  }

  #place({ guild, channel }: Scene) {
    return { guild, upload: (file: AttachmentValue) => this.#upload(channel.id, file) };
  }

  #open(scene: Scene, kind: InteractionKind, sourceMessageId?: string): Interaction {
    return this.#ledger.open({
      kind,
      applicationId: scene.application.id,
      userId: scene.member.user.id,
      guildId: scene.guild.id,
      channelId: scene.channel.id,
      ...(sourceMessageId ? { sourceMessageId } : {}),
    });
  }

  async #run(
    scene: Scene,
    kind: InteractionKind,
    type: InteractionType,
    data: unknown,
    source?: { sourceMessageId: string; message: unknown },
  ): Promise<InteractionHandle> {
    const interaction = this.#open(scene, kind, source?.sourceMessageId);
    await this.#deliver(scene, interaction, type, data, source?.message);
    return this.handle(interaction);
  }

  /** Sends it and waits for the acknowledgement, at most 3 seconds. */
  async #deliver(
    scene: Scene,
    interaction: Interaction,
    type: InteractionType,
    data: unknown,
    message?: unknown,
  ): Promise<void> {
    const payload = {
      ...interactionJson(scene, interaction, type, data),
      ...(message === undefined ? {} : { message }),
    };
    const acknowledged = until(
      (check) => this.#ledger.watch((changed) => changed === interaction && check()),
      () => interaction.acknowledgedAt !== undefined || this.#ledger.overdue(interaction) || undefined,
      ACKNOWLEDGE_WITHIN_MS + 50,
    );
    await Promise.all([this.#delivery.deliver(scene.application, interaction, payload), acknowledged]);
  }

  handle(interaction: Interaction): InteractionHandle {
    return {
      id: interaction.id,
      kind: interaction.kind,
      acknowledgedMs:
        interaction.acknowledgedAt === undefined ? null : interaction.acknowledgedAt - interaction.createdAt,
      acknowledgement: acknowledgement(interaction),
      modal:
        interaction.responseType === InteractionResponseType.Modal ? interaction.responseData : undefined,
      replies: async () => interaction.messages.map(snapshot),
      history: async () => [...interaction.history],
      waitForReply: (match, timeoutMs) => this.waitForReply(interaction, match, timeoutMs),
    };
  }

  byId(id: string): Interaction {
    const interaction = this.#ledger.get(id);
    if (!interaction) throw new ScenarioError(`interaction ${id} does not exist`);
    return interaction;
  }

  async waitForReply(
    interaction: Interaction,
    match: Match = '',
    timeoutMs = 10_000,
  ): Promise<ReplySnapshot> {
    const found = await until(
      (check) => this.#ledger.watch((changed) => changed === interaction && check()),
      () => interaction.messages.map(snapshot).find((reply) => !reply.thinking && matches(reply.text, match)),
      timeoutMs,
    );
    if (found) return found;
    const seen = interaction.history.map((event) => JSON.stringify(event.text)).join(', ') || 'nothing';
    throw new ScenarioError(`no reply matched ${String(match)} within ${timeoutMs} ms; the user saw ${seen}`);
  }
}

export function matches(text: string, match: Match): boolean {
  return typeof match === 'string' ? text.includes(match) : match.test(text);
}

function registered(application: Application, guildId: string, name: string): StoredCommand | undefined {
  const isCommand = (command: StoredCommand) =>
    command.name === name && command.type === ApplicationCommandType.ChatInput;
  return (
    application.commands.get(guildId)?.find(isCommand) ?? application.commands.get('global')?.find(isCommand)
  );
}

function acknowledgement(interaction: Interaction): Acknowledgement {
  switch (interaction.responseType) {
    case undefined:
      return 'none';
    case InteractionResponseType.ChannelMessageWithSource:
      return 'message';
    case InteractionResponseType.DeferredChannelMessageWithSource:
      return 'deferred';
    case InteractionResponseType.UpdateMessage:
      return 'update';
    case InteractionResponseType.Modal:
      return 'modal';
    case InteractionResponseType.ApplicationCommandAutocompleteResult:
      return 'choices';
    default:
      return 'deferredUpdate';
  }
}

function isChoices(value: unknown): value is { choices: { name: string; value: string | number }[] } {
  return typeof value === 'object' && value !== null && 'choices' in value && Array.isArray(value.choices);
}

function findComponent(node: unknown, customId: string): { type: number; disabled: boolean } | undefined {
  if (Array.isArray(node)) {
    for (const child of node) {
      const found = findComponent(child, customId);
      if (found) return found;
    }
    return undefined;
  }
  if (typeof node !== 'object' || node === null) return undefined;
  const component: {
    type?: unknown;
    custom_id?: unknown;
    disabled?: unknown;
    components?: unknown;
    accessory?: unknown;
  } = node;
  if (component.custom_id === customId) {
    return { type: Number(component.type), disabled: component.disabled === true };
  }
  return findComponent(component.components, customId) ?? findComponent(component.accessory, customId);
}
