import { ComponentType } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Modal } from '../interactions/modal.ts';
import { ErrorCode, RestError } from './errors.ts';
import { absent, parseForm, text } from './forms.ts';

const textInput = z
  .object({
    type: z.literal(ComponentType.TextInput),
    custom_id: text(100).min(1),
    style: z.union([z.literal(1), z.literal(2)]),
    label: absent(text(45).min(1)),
    required: absent(z.boolean()),
    min_length: absent(z.number().int().min(0).max(4000)),
    max_length: absent(z.number().int().min(1).max(4000)),
    value: absent(text(4000)),
    placeholder: absent(text(100)),
  })
  .loose();

const label = z
  .object({
    type: z.literal(ComponentType.Label),
    label: text(45).min(1),
    description: absent(text(100)),
    component: textInput,
  })
  .loose();

/** The older form: an input in a row of its own, with its label on it. */
const row = z
  .object({
    type: z.literal(ComponentType.ActionRow),
    components: z.tuple([textInput.extend({ label: text(45).min(1) })]),
  })
  .loose();

const modalSchema = z
  .object({
    custom_id: text(100).min(1),
    title: text(45).min(1),
    components: z
      .array(z.discriminatedUnion('type', [label, row]))
      .min(1)
      .max(5),
  })
  .loose();

/** Checks a modal as Discord does. Text inputs are the only fields that the simulator knows. */
export function parseModal(body: unknown): Modal {
  const form = parseForm(modalSchema, body);
  const fields = form.components.map((component) => ({
    input: component.type === ComponentType.Label ? component.component : component.components[0],
    labelled: component.type === ComponentType.Label,
  }));
  const ids = fields.map(({ input }) => input.custom_id);
  if (new Set(ids).size !== ids.length) {
    throw new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', [
      {
        path: ['components'],
        code: 'COMPONENT_CUSTOM_ID_DUPLICATED',
        message: 'Component custom id cannot be duplicated',
      },
    ]);
  }
  return {
    ...form,
    fields: fields.map(({ input, labelled }) => ({
      id: input.custom_id,
      labelled,
      required: input.required ?? true,
      minLength: input.min_length ?? 0,
      maxLength: input.max_length ?? 4000,
      value: input.value ?? '',
    })),
  };
}
