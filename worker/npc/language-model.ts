/** The language model behind the NPCs: streamed text, through the AI SDK. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, jsonSchema, stepCountIs, streamText, type ToolSet, tool } from 'ai';
import { fetchWithin } from '../provider/guarded-fetch.ts';
import { AddressRefusedError } from '../provider/guarded-lookup.ts';
import { type ProviderEndpoint, withheldNote } from '../provider/http.ts';
import { ProviderError, withRetries } from '../provider/retry.ts';
import type { ChatPrompt } from './prompt.ts';
import type { NpcTool } from './tools/tool.ts';

export interface LanguageModel {
  /**
   * The answer, piece by piece. The returned value at the end is what it used.
   *
   * @param tools what the model may use on the way; a tool that is not among them is never run
   * @throws ProviderError when no answer could be had or it broke off; the abort reason when aborted.
   */
  answer(
    prompt: ChatPrompt,
    signal: AbortSignal,
    tools?: readonly NpcTool[],
  ): AsyncGenerator<string, { readonly tokens: number }, undefined>;
}

/** Longest wait for the first token. */
const FIRST_TOKEN_MS = 15_000;
/** Answers of the model within one of an NPC's: each but the last used tools. */
const MOST_STEPS = 4;

/** Parts of an answer after which it is not asked for again. */
const BEGINNINGS: ReadonlySet<string> = new Set(['text-delta', 'tool-call', 'finish']);

export class OpenAiCompatibleModel implements LanguageModel {
  private readonly endpoint: ProviderEndpoint;
  private readonly model;

  /** @param send takes the place of the network. @defaultValue connections within the endpoint's reach */
  constructor(endpoint: ProviderEndpoint, send: typeof fetch = fetchWithin(endpoint.reach)) {
    this.endpoint = endpoint;
    const provider = createOpenAICompatible({
      name: 'llm',
      baseURL: endpoint.baseUrl,
      includeUsage: true,
      ...(endpoint.apiKey === undefined ? {} : { apiKey: endpoint.apiKey }),
      fetch: send,
    });
    this.model = provider(endpoint.model);
  }

  async *answer(
    prompt: ChatPrompt,
    signal: AbortSignal,
    tools: readonly NpcTool[] = [],
  ): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    const { parts, first } = await withRetries(() => this.open(prompt, signal, tools), { signal });
    let tokens = 0;
    try {
      for (let next = first; next.done !== true; next = await parts.next()) {
        const part = next.value;
        if (part.type === 'text-delta') yield part.text;
        else if (part.type === 'finish') tokens = total(part.totalUsage);
        else if (part.type === 'error') throw this.failure(part.error);
        else if (part.type === 'abort') signal.throwIfAborted();
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ProviderError ? error : this.failure(error);
    } finally {
      await parts.return?.(undefined);
    }
    return { tokens };
  }

  /** Up to the first piece of text or the first use of a tool, which is not done twice: what may be tried again. */
  private async open(prompt: ChatPrompt, signal: AbortSignal, tools: readonly NpcTool[]) {
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(), FIRST_TOKEN_MS);
    try {
      const result = streamText({
        model: this.model,
        instructions: prompt.system,
        messages: prompt.messages.map(({ role, content }) => ({ role, content })),
        maxOutputTokens: prompt.maxOutputTokens,
        ...(tools.length === 0 ? {} : { tools: toolSet(tools), stopWhen: stepCountIs(MOST_STEPS) }),
        abortSignal: AbortSignal.any([signal, tooLong.signal]),
        // Retries are ours: before the first byte only, and faster than the SDK's two seconds.
        maxRetries: 0,
        onError: () => {},
      });
      const parts = result.fullStream[Symbol.asyncIterator]();
      for (;;) {
        const next = await parts.next();
        if (next.done === true || BEGINNINGS.has(next.value.type)) return { parts, first: next };
        if (next.value.type === 'error') throw this.failure(next.value.error);
        if (next.value.type === 'abort') {
          signal.throwIfAborted();
          throw new ProviderError(
            'llm',
            `llm: ${this.endpoint.baseUrl} sent no token within ${FIRST_TOKEN_MS} ms`,
            {},
          );
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Without the request, which carries the prompt (an NPC's secrets) and may carry the key. */
  private failure(error: unknown): ProviderError {
    const refused = addressRefusal(error);
    if (refused !== undefined)
      return new ProviderError('llm', `llm: ${refused.message}`, { retryable: false });
    const where = `llm: ${this.endpoint.baseUrl} with model ${this.endpoint.model}`;
    if (APICallError.isInstance(error)) {
      const { statusCode } = error;
      const said = statusCode === undefined ? 'did not answer' : `answered ${statusCode}`;
      return new ProviderError(
        'llm',
        `${where} ${said}${withheldNote(this.endpoint)}`,
        statusCode === undefined ? {} : { status: statusCode },
      );
    }
    const name = error instanceof Error ? error.name : 'an unknown error';
    return new ProviderError('llm', `${where} broke off (${name})`, {});
  }
}

/**
 * Runs one answer through the library without the network: the first use compiles and validates for 150 ms,
 * which nobody at the table should wait for.
 */
export async function warmUpLanguageModel(): Promise<void> {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'warm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const stream = `${chunk({ role: 'assistant', content: 'Yes.' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;
  const endpoint = {
    role: 'llm',
    kind: 'openai',
    pricePerUnitUSD: 0,
    baseUrl: 'http://warm.invalid/v1',
    model: 'warm',
    apiKey: undefined,
    reach: 'public',
  } as const;
  const model = new OpenAiCompatibleModel(
    endpoint,
    async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
  );
  const prompt: ChatPrompt = { system: '', messages: [{ role: 'user', content: '.' }], maxOutputTokens: 1 };
  for await (const piece of model.answer(prompt, new AbortController().signal)) if (piece === '') break;
}

function toolSet(tools: readonly NpcTool[]): ToolSet {
  return Object.fromEntries(
    tools.map(({ name, description, input, run }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema<unknown>(input),
        execute: (given, { abortSignal }) => run(given, abortSignal ?? new AbortController().signal),
      }),
    ]),
  );
}

function total(usage: { inputTokens: number | undefined; outputTokens: number | undefined }): number {
  return (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

/** The library may have wrapped it. */
function addressRefusal(error: unknown): AddressRefusedError | undefined {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof AddressRefusedError) return current;
  return undefined;
}
