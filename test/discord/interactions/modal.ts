import { ComponentType } from 'discord-api-types/v10';
import { ScenarioError } from '../world/world.ts';

/** A form that an application opened: its body, and what is known of its fields. */
export interface Modal {
  custom_id: string;
  title: string;
  fields: {
    id: string;
    /** In a label, not in a row of its own: it comes back as it was sent. */
    labelled: boolean;
    required: boolean;
    minLength: number;
    maxLength: number;
    /** What it holds before anybody writes. */
    value: string;
  }[];
}

/** The submission, as Discord's client lets people make one: every field, each within its limits. */
export function modalData(modal: Modal, written: Readonly<Record<string, string>>) {
  for (const id of Object.keys(written)) {
    if (!modal.fields.some((field) => field.id === id))
      throw new ScenarioError(`the modal has no field ${id}`);
  }
  return {
    custom_id: modal.custom_id,
    components: modal.fields.map((field) => {
      const value = written[field.id] ?? field.value;
      if (value === '' && field.required) throw new ScenarioError(`the field ${field.id} must be filled in`);
      if (value.length > field.maxLength || (value !== '' && value.length < field.minLength)) {
        throw new ScenarioError(
          `the field ${field.id} takes ${field.minLength} to ${field.maxLength} characters`,
        );
      }
      const input = { type: ComponentType.TextInput, custom_id: field.id, value };
      return field.labelled
        ? { type: ComponentType.Label, component: input }
        : { type: ComponentType.ActionRow, components: [input] };
    }),
  };
}
