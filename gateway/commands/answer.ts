/**
 * What the bot says in answer to an interaction, and the form in which Discord's API takes it.
 */
import type { RawFile } from '@discordjs/rest';
import {
  type AllowedMentionsTypes,
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  type APIEmbed,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  MessageFlags,
  TextInputStyle,
} from 'discord-api-types/v10';

export type ActionRow = APIActionRowComponent<APIComponentInMessageActionRow>;

/** A whole message: what it leaves out is empty, also in a message that had it before. */
export interface Answer {
  /** At most 2000 characters. */
  readonly content?: string;
  /** At most 10, together 6000 characters. */
  readonly embeds?: readonly APIEmbed[];
  /** At most 5 rows of at most 5 buttons each. */
  readonly components?: readonly ActionRow[];
  readonly files?: readonly AnswerFile[];
}

export interface AnswerFile {
  readonly name: string;
  readonly data: Buffer | string;
  readonly contentType?: string;
}

/** A form that Discord opens; its submission goes to the command's modal of that action. */
export interface Modal {
  /** `<command>:<action>[:<argument>…]`, at most 100 characters. */
  readonly customId: string;
  /** At most 45 characters. */
  readonly title: string;
  /** At most 5. */
  readonly fields: readonly ModalField[];
}

export interface ModalField {
  /** Name of the value in the submission. */
  readonly id: string;
  /** At most 45 characters. */
  readonly label: string;
  /** A line below the label, at most 100 characters. */
  readonly description?: string;
  /** @defaultValue short */
  readonly style?: 'short' | 'paragraph';
  /** @defaultValue true */
  readonly required?: boolean;
  readonly value?: string;
  /** At most 100 characters. */
  readonly placeholder?: string;
  readonly minLength?: number;
  /** At most 4000. */
  readonly maxLength?: number;
}

/** The body of a request that writes a message. */
export interface MessageBody {
  content: string;
  embeds: APIEmbed[];
  components: ActionRow[];
  allowed_mentions: { parse: AllowedMentionsTypes[] };
  files?: RawFile[];
  flags?: MessageFlags;
}

/** Longest content of a message, characters. */
export const MAX_CONTENT = 2000;

/** `session:stop:night-1`: what a button carries, and the router takes apart. */
export function customId(command: string, action: string, ...args: readonly string[]): string {
  return [command, action, ...args].join(':');
}

export function asAnswer(answer: string | Answer): Answer {
  return typeof answer === 'string' ? { content: answer } : answer;
}

export function messageBody(answer: Answer, options: { readonly ephemeral?: boolean } = {}): MessageBody {
  const content = answer.content ?? '';
  return {
    content: content.length <= MAX_CONTENT ? content : `${content.slice(0, MAX_CONTENT - 1)}…`,
    embeds: [...(answer.embeds ?? [])],
    components: [...(answer.components ?? [])],
    // Nobody is mentioned by what the bot quotes.
    allowed_mentions: { parse: [] },
    ...(answer.files === undefined ? {} : { files: answer.files.map((file) => ({ ...file })) }),
    ...(options.ephemeral === true ? { flags: MessageFlags.Ephemeral } : {}),
  };
}

export function modalBody(modal: Modal): APIModalInteractionResponseCallbackData {
  return {
    custom_id: modal.customId,
    title: modal.title,
    components: modal.fields.map((field) => ({
      type: ComponentType.Label,
      label: field.label,
      ...(field.description === undefined ? {} : { description: field.description }),
      component: {
        type: ComponentType.TextInput,
        custom_id: field.id,
        style: field.style === 'paragraph' ? TextInputStyle.Paragraph : TextInputStyle.Short,
        required: field.required ?? true,
        ...(field.value === undefined ? {} : { value: field.value }),
        ...(field.placeholder === undefined ? {} : { placeholder: field.placeholder }),
        ...(field.minLength === undefined ? {} : { min_length: field.minLength }),
        ...(field.maxLength === undefined ? {} : { max_length: field.maxLength }),
      },
    })),
  };
}
