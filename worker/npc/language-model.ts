/** The language model behind the NPCs: streamed text, through the AI SDK, whatever the provider's protocol. */
import { APICallError, jsonSchema, stepCountIs, streamText, type ToolSet, tool } from 'ai';
import { AddressRefusedError } from '../provider/guarded-lookup.ts';
import { type ProviderEndpoint, withheldNote } from '../provider/http.ts';
import { ProviderError, retryAfterMs, withRetries } from '../provider/retry.ts';
import { type EndpointModel, sdkModel } from './models/sdk-model.ts';
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

const FIRST_TOKEN_MS = 15_000;
/** Answers of the model within one of an NPC's: each but the last used tools. */
const MOST_STEPS = 4;

/** Parts of an answer after which it is not asked for again. */
const BEGINNINGS: ReadonlySet<string> = new Set(['text-delta', 'tool-call', 'finish']);

export interface StreamedLanguageModelOptions {
  /** Takes the place of the network. @defaultValue connections within the endpoint's reach */
  readonly send?: typeof fetch;
  /** Longest wait for the first token, milliseconds. @defaultValue 15000 */
  readonly firstTokenMs?: number;
}

export class StreamedLanguageModel implements LanguageModel {
  private readonly endpoint: ProviderEndpoint;
  private readonly sdk: EndpointModel;
  private readonly firstTokenMs: number;

  private constructor(endpoint: ProviderEndpoint, sdk: EndpointModel, firstTokenMs: number) {
    this.endpoint = endpoint;
    this.sdk = sdk;
    this.firstTokenMs = firstTokenMs;
  }

  /** @throws Error for a kind that no language model has */
  static async load(
    endpoint: ProviderEndpoint,
    { send, firstTokenMs = FIRST_TOKEN_MS }: StreamedLanguageModelOptions = {},
  ): Promise<StreamedLanguageModel> {
    return new StreamedLanguageModel(endpoint, await sdkModel(endpoint, send), firstTokenMs);
  }

  async *answer(
    prompt: ChatPrompt,
    signal: AbortSignal,
    tools: readonly NpcTool[] = [],
  ): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    const { parts, first, close } = await withRetries(() => this.open(prompt, signal, tools), { signal });
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
      close();
    }
    return { tokens };
  }

  /** Up to the first piece of text or the first use of a tool, which is not done twice: what may be tried again. */
  private async open(prompt: ChatPrompt, signal: AbortSignal, tools: readonly NpcTool[]) {
    const own = new AbortController();
    const close = (): void => own.abort();
    const timer = setTimeout(close, this.firstTokenMs);
    let begun = false;
    try {
      const result = streamText({
        model: this.sdk.model,
        instructions: prompt.system,
        messages: prompt.messages.map(({ role, content }) => ({ role, content })),
        maxOutputTokens: prompt.maxOutputTokens,
        ...(tools.length === 0 ? {} : { tools: toolSet(tools), stopWhen: stepCountIs(MOST_STEPS) }),
        providerOptions: this.sdk.options,
        abortSignal: AbortSignal.any([signal, own.signal]),
        // Retries are ours: before the first byte only, and faster than the SDK's two seconds.
        maxRetries: 0,
        onError: () => {},
      });
      const parts = result.fullStream[Symbol.asyncIterator]();
      for (;;) {
        const next = await parts.next();
        if (next.done === true || BEGINNINGS.has(next.value.type)) {
          begun = true;
          return { parts, first: next, close };
        }
        if (next.value.type === 'error') throw this.failure(next.value.error);
        if (next.value.type === 'abort') {
          signal.throwIfAborted();
          throw new ProviderError(
            'llm',
            `llm: ${this.endpoint.baseUrl} sent no token within ${this.firstTokenMs} ms`,
            {},
          );
        }
      }
    } finally {
      clearTimeout(timer);
      if (!begun) close();
    }
  }

  /** Without the request, which carries the prompt (an NPC's secrets) and may carry the key. */
  private failure(error: unknown): ProviderError {
    const refused = addressRefusal(error);
    if (refused !== undefined)
      return new ProviderError('llm', `llm: ${refused.message}`, { retryable: false });
    const where = `llm: ${this.endpoint.baseUrl} with model ${this.endpoint.model}`;
    // An answer that began well and was cut has a status, too.
    if (APICallError.isInstance(error) && (error.statusCode === undefined || error.statusCode >= 300)) {
      const { statusCode, responseHeaders } = error;
      const said = statusCode === undefined ? 'did not answer' : `answered ${statusCode}`;
      return new ProviderError(
        'llm',
        `${where} ${said}${withheldNote(this.endpoint)}`,
        statusCode === undefined
          ? {}
          : { status: statusCode, retryAfterMs: retryAfterMs(responseHeaders?.['retry-after']) },
      );
    }
    const name = error instanceof Error ? error.name : 'an unknown error';
    return new ProviderError('llm', `${where} broke off (${name})`, {});
  }
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
