/**
 * The options of a command as they were given, read by name and kind.
 */
import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIInteractionDataResolved,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';

export interface AttachmentOption {
  readonly id: string;
  readonly url: string;
  /** Bytes, as Discord states them. */
  readonly size: number;
  readonly filename: string;
  /** Media type, as Discord guesses it. */
  readonly contentType: string | undefined;
}

export interface UserOption {
  readonly id: string;
  readonly displayName: string;
  readonly bot: boolean;
}

export class Options {
  readonly #values: ReadonlyMap<string, APIApplicationCommandInteractionDataBasicOption>;
  readonly #resolved: Partial<APIInteractionDataResolved>;

  constructor(
    options: readonly APIApplicationCommandInteractionDataBasicOption[] = [],
    resolved: Partial<APIInteractionDataResolved> = {},
  ) {
    this.#values = new Map(options.map((option) => [option.name, option]));
    this.#resolved = resolved;
  }

  /** Any kind in writing; of a channel, user or attachment the id. */
  get(name: string): string | undefined {
    const option = this.#values.get(name);
    return option === undefined ? undefined : String(option.value);
  }

  integer(name: string): number | undefined {
    const option = this.#values.get(name);
    return option?.type === ApplicationCommandOptionType.Integer ? Number(option.value) : undefined;
  }

  boolean(name: string): boolean | undefined {
    const option = this.#values.get(name);
    return option?.type === ApplicationCommandOptionType.Boolean ? option.value : undefined;
  }

  user(name: string): UserOption | undefined {
    const option = this.#values.get(name);
    if (option?.type !== ApplicationCommandOptionType.User) return undefined;
    const user = this.#resolved.users?.[option.value];
    if (user === undefined) return undefined;
    const nick = this.#resolved.members?.[option.value]?.nick;
    return {
      id: user.id,
      displayName: nick ?? user.global_name ?? user.username,
      bot: user.bot ?? false,
    };
  }

  attachment(name: string): AttachmentOption | undefined {
    const option = this.#values.get(name);
    if (option?.type !== ApplicationCommandOptionType.Attachment) return undefined;
    const attachment = this.#resolved.attachments?.[option.value];
    if (attachment === undefined) return undefined;
    const { id, url, size, filename, content_type } = attachment;
    return { id, url, size, filename, contentType: content_type };
  }
}
