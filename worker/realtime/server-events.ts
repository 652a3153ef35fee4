/**
 * What the server of OpenAI's Realtime API sends, as far as an answer needs it. Names as in the API reference of the
 * generally available version, "Server events".
 */

/** What the model wants done before it goes on. */
export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  /** JSON, if the model wrote any. */
  readonly arguments: string;
}

export type ServerEvent =
  | { readonly type: 'created'; readonly responseId: string; readonly turn: string }
  | { readonly type: 'item'; readonly responseId: string; readonly itemId: string }
  | {
      readonly type: 'audio';
      readonly responseId: string;
      readonly itemId: string;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'transcript'; readonly responseId: string; readonly text: string }
  | {
      readonly type: 'done';
      readonly responseId: string;
      /** completed | cancelled | incomplete | failed */
      readonly status: string;
      /** Of a response that failed. */
      readonly error: ServerFault | undefined;
      readonly calls: readonly FunctionCall[];
      readonly tokens: number;
    }
  | { readonly type: 'error'; readonly error: ServerFault; readonly eventId: string }
  | { readonly type: 'other' };

/** Without its message, which may repeat what was said. */
export interface ServerFault {
  readonly type: string;
  readonly code: string;
  /** The field that is wrong, e.g. `session.audio.output.voice`. */
  readonly param: string;
}

/** @returns undefined: that is no event of this API */
export function readServerEvent(text: string): ServerEvent | undefined {
  const event = fieldsOf(parsed(text));
  const responseId = stringOf(event.response_id);
  switch (event.type) {
    case 'response.created': {
      const response = fieldsOf(event.response);
      return {
        type: 'created',
        responseId: stringOf(response.id),
        turn: stringOf(fieldsOf(response.metadata).turn),
      };
    }
    case 'response.output_item.added':
      return { type: 'item', responseId, itemId: stringOf(fieldsOf(event.item).id) };
    case 'response.output_audio.delta': {
      const bytes = Buffer.from(stringOf(event.delta), 'base64');
      return { type: 'audio', responseId, itemId: stringOf(event.item_id), bytes };
    }
    case 'response.output_audio_transcript.delta':
      return { type: 'transcript', responseId, text: stringOf(event.delta) };
    case 'response.done':
      return doneOf(fieldsOf(event.response));
    case 'error': {
      const error = fieldsOf(event.error);
      return { type: 'error', error: faultOf(error), eventId: stringOf(error.event_id) };
    }
    default:
      return typeof event.type === 'string' ? { type: 'other' } : undefined;
  }
}

function doneOf(response: Fields): ServerEvent {
  const output = Array.isArray(response.output) ? response.output.map(fieldsOf) : [];
  const details = fieldsOf(response.status_details);
  return {
    type: 'done',
    responseId: stringOf(response.id),
    status: stringOf(response.status),
    error: details.error === undefined ? undefined : faultOf(fieldsOf(details.error)),
    calls: output
      .filter(({ type }) => type === 'function_call')
      .map((call) => ({
        callId: stringOf(call.call_id),
        name: stringOf(call.name),
        arguments: stringOf(call.arguments),
      })),
    tokens: numberOf(fieldsOf(response.usage).total_tokens),
  };
}

function faultOf(error: Fields): ServerFault {
  return { type: stringOf(error.type), code: stringOf(error.code), param: stringOf(error.param) };
}

interface Fields {
  readonly [name: string]: unknown;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
