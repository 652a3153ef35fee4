import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Answer, Refusal } from '../answer.ts';
import { LanguageModelDouble, type Meant, type ModelRequest, parsed } from '../language-model-double.ts';

const partSchema = z.looseObject({
  text: z.string().optional(),
  functionResponse: z.looseObject({ name: z.string(), response: z.unknown() }).optional(),
});

const requestSchema = z.looseObject({
  contents: z
    .array(z.looseObject({ role: z.enum(['user', 'model']), parts: z.array(partSchema).min(1) }))
    .min(1),
  systemInstruction: z.looseObject({ parts: z.array(partSchema) }).optional(),
  generationConfig: z.looseObject({ maxOutputTokens: z.number().int().min(1).optional() }).optional(),
});

/**
 * Stands in for Gemini: `POST …/models/<model>:streamGenerateContent?alt=sse` as in "Generating content" of the Gemini API
 * reference. Each event is a GenerateContentResponse; there is no last one, the stream just ends.
 */
export class GoogleDouble extends LanguageModelDouble {
  get baseURL(): string {
    return `${this.url}/v1beta`;
  }

  protected answers(method: string, { pathname, searchParams }: URL): boolean {
    const path = /^\/v1beta\/models\/[^/:]+:streamGenerateContent$/;
    return method === 'POST' && path.test(pathname) && searchParams.get('alt') === 'sse';
  }

  protected keyOf({ headers }: IncomingMessage): string | undefined {
    return headers['x-goog-api-key']?.toString();
  }

  protected refusal({ status, message }: Refusal): object {
    return { error: { code: status, message, status: STATUS[status] ?? 'INTERNAL' } };
  }

  protected read(body: unknown): ModelRequest {
    const { contents, systemInstruction, generationConfig } = parsed(requestSchema, body);
    const text = (parts: readonly z.infer<typeof partSchema>[]): string =>
      parts.map((part) => part.text ?? '').join('');
    const result = contents
      .at(-1)
      ?.parts.find((part) => part.functionResponse !== undefined)?.functionResponse;
    return {
      messages: [
        { role: 'system', text: text(systemInstruction?.parts ?? []) },
        ...contents.map(({ role, parts }) => ({
          role: role === 'model' ? 'assistant' : role,
          text: text(parts),
        })),
      ],
      toolResult: result === undefined ? undefined : textOf(result.response),
      mostTokens: generationConfig?.maxOutputTokens ?? Number.POSITIVE_INFINITY,
    };
  }

  protected async stream({ tokens, call, promptTokens }: Meant, answer: Answer): Promise<void> {
    const event = (parts: object[], produced: number, finish?: string): string => {
      const candidate = {
        content: { role: 'model', parts },
        index: 0,
        ...(finish && { finishReason: finish }),
      };
      const usageMetadata = {
        promptTokenCount: promptTokens,
        candidatesTokenCount: produced,
        totalTokenCount: promptTokens + produced,
      };
      const response = {
        candidates: [candidate],
        usageMetadata,
        modelVersion: 'double',
        responseId: 'double',
      };
      return `data: ${JSON.stringify(response)}\r\n\r\n`;
    };
    if (call !== undefined) {
      // Whole, and never in pieces: arguments that are no object cannot be said.
      const functionCall = { name: call.name, args: objectOf(call.arguments) };
      await answer.piece(event([{ functionCall }], 1));
    }
    for (const [index, token] of tokens.entries()) {
      if (answer.malformed && index === 1) await answer.send('data: {"candidates":[{"content":{"par\r\n\r\n');
      await answer.piece(event([{ text: token }], index + 1));
    }
    await answer.send(event([{ text: '' }], Math.max(1, tokens.length), 'STOP'));
  }
}

const STATUS: { readonly [status: number]: string } = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

function objectOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** What a tool has answered is inside an object. */
function textOf(response: unknown): string {
  if (typeof response !== 'object' || response === null) return String(response);
  return (
    Object.values(response)
      .filter((value) => typeof value === 'string')
      .at(-1) ?? ''
  );
}
