import { ComponentType, MessageFlags } from 'discord-api-types/v10';
import { z } from 'zod';
import { ErrorCode, RestError } from './errors.ts';
import { absent, parseForm, text } from './forms.ts';

const embed = z
  .object({
    title: absent(text(256)),
    description: absent(text(4096)),
    url: absent(z.string()),
    color: absent(z.number().int().min(0).max(0xffffff)),
    timestamp: absent(z.string()),
    footer: absent(z.object({ text: text(2048) }).loose()),
    author: absent(z.object({ name: text(256) }).loose()),
    fields: absent(
      z
        .array(
          z.object({ name: text(256).min(1), value: text(1024).min(1), inline: absent(z.boolean()) }).loose(),
        )
        .max(25),
    ),
  })
  .loose();

const option = z
  .object({ label: text(100).min(1), value: text(100), description: absent(text(100)) })
  .loose();

/** Components nest; the limits that Discord enforces on each are the ones that clients trip over. */
const component: z.ZodType<ComponentForm> = z.lazy(() =>
  z
    .object({
      type: z.number().int().min(1).max(20),
      custom_id: absent(text(100).min(1)),
      style: absent(z.number().int()),
      url: absent(text(512)),
      emoji: absent(z.object({}).loose()),
      disabled: absent(z.boolean()),
      label: absent(text(80)),
      placeholder: absent(text(150)),
      content: absent(text(4000)),
      options: absent(z.array(option).min(1).max(25)),
      components: absent(z.array(component).max(40)),
    })
    .loose(),
);

interface ComponentForm {
  type: number;
  custom_id?: string | null | undefined;
  style?: number | null | undefined;
  url?: string | null | undefined;
  label?: string | null | undefined;
  emoji?: object | null | undefined;
  content?: string | null | undefined;
  components?: ComponentForm[] | null | undefined;
}

export const messageSchema = z
  .object({
    content: absent(text(2000)),
    embeds: absent(z.array(embed).max(10)),
    components: absent(z.array(component).max(40)),
    flags: absent(z.number().int()),
    tts: absent(z.boolean()),
    allowed_mentions: absent(z.object({}).loose()),
    attachments: absent(
      z.array(z.object({ id: z.coerce.string(), filename: absent(z.string()) }).loose()).max(10),
    ),
    message_reference: absent(z.object({ message_id: z.string() }).loose()),
  })
  .loose();

export type MessageForm = z.infer<typeof messageSchema>;

/**
 * Checks a message body as Discord does.
 *
 * @param creating an edit may leave everything out, a new message may not be empty (50006)
 */
export function parseMessage(body: unknown, files: number, creating: boolean): MessageForm {
  const form = parseForm(messageSchema, body ?? {});
  const componentsV2 = ((form.flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;
  if (componentsV2 && (form.content || form.embeds?.length)) {
    throw new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', [
      {
        path: ['content'],
        code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
        message: 'The legacy fields cannot be used with components v2',
      },
    ]);
  }
  if (!componentsV2) checkActionRows(form);
  const characters = (form.embeds ?? []).reduce((sum, entry) => sum + embedLength(entry), 0);
  if (characters > 6000) {
    throw new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', [
      {
        path: ['embeds'],
        code: 'MAX_EMBED_SIZE_EXCEEDED',
        message: 'Embed size exceeds maximum size of 6000',
      },
    ]);
  }
  const empty = !form.content && !form.embeds?.length && !form.components?.length && files === 0;
  if (creating && empty) throw new RestError(400, ErrorCode.EmptyMessage, 'Cannot send an empty message');
  return form;
}

function checkActionRows(form: MessageForm): void {
  const rows = form.components ?? [];
  const refuse = (path: (string | number)[], message: string) => {
    throw new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', [
      { path, code: 'BASE_TYPE_BAD_LENGTH', message },
    ]);
  };
  if (rows.length > 5) refuse(['components'], 'Must be between 1 and 5 in length.');
  rows.forEach((row, index) => {
    if (row.type !== ComponentType.ActionRow) refuse(['components', index, 'type'], 'Must be an action row.');
    const inner = row.components?.length ?? 0;
    if (inner < 1 || inner > 5)
      refuse(['components', index, 'components'], 'Must be between 1 and 5 in length.');
    const menus = (row.components ?? []).filter(({ type }) => type !== ComponentType.Button).length;
    if (menus > 0 && inner > 1) refuse(['components', index, 'components'], 'A menu needs a row of its own.');
    row.components?.forEach((entry, at) => {
      const wrong = entry.type === ComponentType.Button ? buttonFault(entry) : undefined;
      if (wrong !== undefined) refuse(['components', index, 'components', at], wrong);
    });
  });
  const ids = rows.flatMap((row) => (row.components ?? []).flatMap((entry) => entry.custom_id ?? []));
  if (new Set(ids).size !== ids.length) refuse(['components'], 'Component custom id cannot be duplicated');
}

const LINK_STYLE = 5;

function buttonFault({ style, custom_id, url, label, emoji }: ComponentForm): string | undefined {
  if (!label && !emoji) return 'A button must have a label or an emoji.';
  if (style === LINK_STYLE)
    return url && !custom_id ? undefined : 'A link button has an url and no custom_id.';
  if (typeof style !== 'number' || style < 1 || style > LINK_STYLE - 1)
    return 'Must be a valid button style.';
  return custom_id ? undefined : 'A button must have a custom_id.';
}

function embedLength(entry: z.infer<typeof embed>): number {
  const fields = (entry.fields ?? []).reduce((sum, field) => sum + field.name.length + field.value.length, 0);
  return (
    (entry.title?.length ?? 0) +
    (entry.description?.length ?? 0) +
    (entry.footer?.text.length ?? 0) +
    (entry.author?.name.length ?? 0) +
    fields
  );
}
