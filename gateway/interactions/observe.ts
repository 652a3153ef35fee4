/**
 * Sees what becomes of the answers to one interaction: the same calls of Discord's API, and what they did is told.
 */

import type { MessageBody } from '../commands/answer.ts';
import type { RouterOptions } from '../commands/router.ts';

export type Observation =
  /** A text was shown, or something that has none: a form, a list that changed. */
  | { readonly kind: 'shown'; readonly text: string | undefined }
  /** "Thinking…": the text is still to come. */
  | { readonly kind: 'deferred' }
  /** Discord did not take it. */
  | { readonly kind: 'refused'; readonly text: string | undefined };

type Calls = RouterOptions['api']['interactions'];

export function observe(interactions: Calls, saw: (observation: Observation) => void): Calls {
  const watched = async <T>(call: Promise<T>, text: string | undefined, done: Observation): Promise<T> => {
    try {
      const result = await call;
      saw(done);
      return result;
    } catch (error) {
      saw({ kind: 'refused', text });
      throw error;
    }
  };
  const shown = <T>(call: Promise<T>, body?: MessageBody): Promise<T> => {
    const text = body === undefined ? undefined : textOf(body);
    return watched(call, text, { kind: 'shown', text });
  };
  return {
    reply: (id, token, body) => shown(interactions.reply(id, token, body), body),
    defer: (id, token, body) => watched(interactions.defer(id, token, body), undefined, { kind: 'deferred' }),
    updateMessage: (id, token, body) => shown(interactions.updateMessage(id, token, body), body),
    deferMessageUpdate: (id, token) => shown(interactions.deferMessageUpdate(id, token)),
    createModal: (id, token, modal) => shown(interactions.createModal(id, token, modal)),
    editReply: (application, token, body) => shown(interactions.editReply(application, token, body), body),
    followUp: (application, token, body) => interactions.followUp(application, token, body),
    getOriginalReply: (application, token) => interactions.getOriginalReply(application, token),
    createAutocompleteResponse: (id, token, body) => interactions.createAutocompleteResponse(id, token, body),
  };
}

/** What a person reads of it. */
function textOf({ content, embeds }: MessageBody): string | undefined {
  const parts = [
    content,
    ...embeds.flatMap(({ title, description, fields = [] }) => [
      title === undefined ? '' : `**${title}**`,
      description ?? '',
      ...fields.map(({ name, value }) => `${name}: ${value}`),
    ]),
  ];
  return parts.filter(Boolean).join('\n') || undefined;
}
