import type { APIModalSubmissionComponent } from 'discord-api-types/v10';
import { ComponentType } from 'discord-api-types/v10';

/** The texts of a form that was filled in, by the field's id. Discord sends them in rows or in labels. */
export function fieldsOf(components: readonly APIModalSubmissionComponent[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const component of components) {
    if (component.type === ComponentType.ActionRow) {
      for (const { custom_id, value } of component.components) fields.set(custom_id, value);
    } else if (component.type === ComponentType.Label) {
      const { component: field } = component;
      if (field.type === ComponentType.TextInput) fields.set(field.custom_id, field.value);
    }
  }
  return fields;
}
