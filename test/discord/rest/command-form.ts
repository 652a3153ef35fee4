import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { CommandOption, StoredCommand } from '../world/model.ts';
import { ErrorCode, type FieldError, invalidForm, RestError } from './errors.ts';
import { absent, parseForm, text } from './forms.ts';

/** Discord's rule for names of chat-input commands and options. They must also be lower case. */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const CHARACTERS_PER_COMMAND = 8_000;
export const COMMANDS_PER_SCOPE = 100;

const name = z
  .string()
  .regex(NAME)
  .refine((value) => value === value.toLowerCase(), {
    message: 'Command name must be lower case.',
  });
const localizations = absent(z.record(z.string(), z.string()));

const choice = z
  .object({
    name: text(100).min(1),
    value: z.union([text(100), z.number()]),
    name_localizations: localizations,
  })
  .loose();

const option: z.ZodType<CommandOption> = z.lazy(() =>
  z
    .object({
      type: z.number().int().min(1).max(11),
      name,
      description: text(100).min(1),
      required: absent(z.boolean()),
      autocomplete: absent(z.boolean()),
      choices: absent(z.array(choice).max(25)),
      options: absent(z.array(option).max(25)),
      name_localizations: localizations,
      description_localizations: localizations,
    })
    .loose(),
);

const commandSchema = z
  .object({
    name: z.string().min(1).max(32),
    type: absent(z.number().int().min(1).max(4)),
    description: absent(text(100)),
    options: absent(z.array(option).max(25)),
    default_member_permissions: absent(z.string()),
    name_localizations: localizations,
    description_localizations: localizations,
  })
  .loose();

type CommandForm = z.infer<typeof commandSchema>;

export function parseCommand(body: unknown, at: readonly (string | number)[] = []): CommandForm {
  const form = parseForm(commandSchema, body);
  const errors: FieldError[] = [];
  const refuse = (path: readonly (string | number)[], code: string, message: string) =>
    errors.push({ path: [...at, ...path], code, message });
  const chatInput = (form.type ?? ApplicationCommandType.ChatInput) === ApplicationCommandType.ChatInput;
  if (chatInput) {
    if (!NAME.test(form.name) || form.name !== form.name.toLowerCase()) {
      refuse(['name'], 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid');
    }
    if (!form.description) refuse(['description'], 'BASE_TYPE_REQUIRED', 'This field is required');
    checkOptions(form.options ?? [], ['options'], 0, refuse);
  } else if (form.options?.length || form.description) {
    refuse(['options'], 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Context menus have no options.');
  }
  if (characters(form) > CHARACTERS_PER_COMMAND) {
    refuse([], 'APPLICATION_COMMAND_TOO_LARGE', 'Command exceeds maximum size (8000)');
  }
  if (errors.length > 0) throw invalidForm(errors);
  return form;
}

/** The body of PUT: all commands of a scope, with unique names. */
export function parseCommands(body: unknown): CommandForm[] {
  const list = parseForm(z.array(z.unknown()), body);
  if (list.length > COMMANDS_PER_SCOPE) {
    throw new RestError(
      400,
      ErrorCode.MaximumCommands,
      'Maximum number of application commands reached (100).',
    );
  }
  const forms = list.map((entry, index) => parseCommand(entry, [index]));
  const seen = new Set<string>();
  forms.forEach((form, index) => {
    const key = `${form.type ?? 1} ${form.name}`;
    if (seen.has(key)) {
      throw invalidForm([
        {
          path: [index, 'name'],
          code: 'APPLICATION_COMMANDS_DUPLICATE_NAME',
          message: 'Application command names must be unique',
        },
      ]);
    }
    seen.add(key);
  });
  return forms;
}

type Refuse = (path: readonly (string | number)[], code: string, message: string) => void;

function checkOptions(
  options: readonly CommandOption[],
  at: (string | number)[],
  depth: number,
  refuse: Refuse,
): void {
  const nests = (entry: CommandOption) =>
    entry.type === ApplicationCommandOptionType.Subcommand ||
    entry.type === ApplicationCommandOptionType.SubcommandGroup;
  let optionalSeen = false;
  const names = new Set<string>();
  options.forEach((entry, index) => {
    const path = [...at, index];
    if (names.has(entry.name)) {
      refuse(
        [...path, 'name'],
        'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS',
        'Option name already exists',
      );
    }
    names.add(entry.name);
    if (options.some(nests) && !nests(entry)) {
      refuse(
        [...path, 'type'],
        'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
        'Sub-command mixed with other options',
      );
    }
    if (entry.type === ApplicationCommandOptionType.SubcommandGroup && depth > 0) {
      refuse([...path, 'type'], 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-command groups do not nest');
    }
    if (entry.type === ApplicationCommandOptionType.Subcommand && depth > 1) {
      refuse([...path, 'type'], 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-commands do not nest');
    }
    if (entry.autocomplete && entry.choices?.length) {
      refuse(
        [...path, 'choices'],
        'APPLICATION_COMMAND_OPTIONS_CHOICES_AND_AUTOCOMPLETE',
        'Choices exclude autocomplete',
      );
    }
    if (!nests(entry)) {
      if (entry.required && optionalSeen) {
        refuse(
          [...path, 'required'],
          'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
          'Required options must be placed before non-required options',
        );
      }
      optionalSeen ||= !entry.required;
    }
    checkOptions(entry.options ?? [], [...path, 'options'], depth + 1, refuse);
  });
}

function characters(form: {
  name: string;
  description?: string | null | undefined;
  options?: readonly CommandOption[] | null | undefined;
}): number {
  const choices = (entry: CommandOption) =>
    (entry.choices ?? []).reduce((sum, item) => sum + item.name.length + String(item.value).length, 0);
  return (form.options ?? []).reduce(
    (sum, entry) => sum + characters(entry) + choices(entry),
    form.name.length + (form.description?.length ?? 0),
  );
}

/** The command as Discord stores and returns it. */
export function commandJson(
  form: CommandForm,
  ids: { id: string; version: string; applicationId: string; guildId: string | undefined },
): StoredCommand {
  return {
    ...form,
    id: ids.id,
    application_id: ids.applicationId,
    ...(ids.guildId ? { guild_id: ids.guildId } : {}),
    version: ids.version,
    type: form.type ?? ApplicationCommandType.ChatInput,
    name: form.name,
    description: form.description ?? '',
    default_member_permissions: form.default_member_permissions ?? null,
    nsfw: false,
    options: form.options ?? [],
  };
}
