import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Answer, Refusal } from '../answer.ts';
import { LanguageModelDouble, type Meant, type ModelRequest, parsed } from '../language-model-double.ts';

const blockSchema = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() }))]).optional(),
});

const requestSchema = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.number().int().min(1),
  stream: z.literal(true),
  system: z.union([z.string(), z.array(blockSchema)]).optional(),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['user', 'assistant']),
        content: z.union([z.string(), z.array(blockSchema)]),
      }),
    )
    .min(1),
});

type Content = string | readonly { readonly text?: string | undefined }[];

/**
 * Stands in for Claude: `POST /v1/messages`, streamed, as in "Streaming messages" and "Errors" of the Claude Platform Docs:
 * message_start, for each content block a start, deltas and a stop, message_delta with the usage, message_stop.
 */
export class AnthropicDouble extends LanguageModelDouble {
  get baseURL(): string {
    return `${this.url}/v1`;
  }

  protected answers(method: string, { pathname }: URL): boolean {
    return method === 'POST' && pathname === '/v1/messages';
  }

  protected keyOf({ headers }: IncomingMessage): string | undefined {
    return headers['x-api-key']?.toString();
  }

  protected refusal({ status, message }: Refusal): object {
    return {
      type: 'error',
      error: { type: TYPES[status] ?? 'api_error', message },
      request_id: 'req_double',
    };
  }

  protected read(body: unknown): ModelRequest {
    const { system = '', messages, max_tokens } = parsed(requestSchema, body);
    const last = messages.at(-1)?.content;
    const result = Array.isArray(last) ? last.find(({ type }) => type === 'tool_result') : undefined;
    return {
      messages: [
        { role: 'system', text: textOf(system) },
        ...messages.map(({ role, content }) => ({ role, text: textOf(content) })),
      ],
      toolResult: result === undefined ? undefined : textOf(result.content ?? ''),
      mostTokens: max_tokens,
    };
  }

  protected async stream({ tokens, call, promptTokens }: Meant, answer: Answer): Promise<void> {
    const send = (event: { readonly type: string }) => answer.send(sse(event));
    const piece = (event: { readonly type: string }) => answer.piece(sse(event));
    await send({
      type: 'message_start',
      ...{
        message: {
          ...{ id: 'msg_double', type: 'message', role: 'assistant', model: 'double', content: [] },
          ...{ stop_reason: null, stop_sequence: null },
          usage: { input_tokens: promptTokens, output_tokens: 1 },
        },
      },
    });
    await send({ type: 'ping' });
    const block = (content_block: object) => ({ type: 'content_block_start', index: 0, content_block });
    const delta = (change: object) => ({ type: 'content_block_delta', index: 0, delta: change });
    if (call === undefined) {
      await send(block({ type: 'text', text: '' }));
      for (const [index, text] of tokens.entries()) {
        if (answer.malformed && index === 1)
          await answer.send('event: content_block_delta\ndata: {"type":"content_block_del\n\n');
        await piece(delta({ type: 'text_delta', text }));
      }
    } else {
      await send(block({ type: 'tool_use', id: 'toolu_double', name: call.name, input: {} }));
      for (const partial_json of call.arguments.match(/.{1,7}/gs) ?? [])
        await piece(delta({ type: 'input_json_delta', partial_json }));
    }
    await send({ type: 'content_block_stop', ...{ index: 0 } });
    await send({
      type: 'message_delta',
      ...{
        delta: { stop_reason: call === undefined ? 'end_turn' : 'tool_use', stop_sequence: null },
        usage: { output_tokens: Math.max(1, tokens.length) },
      },
    });
    await send({ type: 'message_stop' });
  }
}

const TYPES: { readonly [status: number]: string } = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function sse(event: { readonly type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function textOf(content: Content): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text ?? '').join('');
}
