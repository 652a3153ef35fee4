import { z } from 'zod';
import { type Answer, Refusal } from './answer.ts';
import { answerInCharacter, type ChatMessage, hash } from './character.ts';
import { answerWithResult, type ToolCall, toolSchema, wantedTool } from './tools.ts';

const partSchema = z.looseObject({ type: z.string(), text: z.string().optional() });

const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
        content: z.union([z.string(), z.array(partSchema), z.null()]).optional(),
      }),
    )
    .min(1),
  tools: z.array(toolSchema).min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
});

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/**
 * `POST /v1/chat/completions`, streamed or whole, as OpenAI's API reference describes both. A token is a word with
 * the space before it. Gives the text that it meant to answer.
 */
export async function completeChat(body: unknown, answer: Answer): Promise<string> {
  const request = parse(body);
  const messages: ChatMessage[] = request.messages.map(({ role, content }) => ({
    role,
    text: plainText(content),
  }));
  const last = messages.at(-1);
  const call =
    last?.role === 'tool'
      ? undefined
      : (answer.callTool ?? wantedTool(last?.text ?? '', request.tools ?? []));
  const words = last?.role === 'tool' ? answerWithResult(last.text) : answerInCharacter(messages);
  const tokens = call === undefined ? tokensOf(words) : [];
  const most = request.max_completion_tokens ?? request.max_tokens ?? tokens.length;
  const kept = tokens.slice(0, most);
  const promptTokens = messages.reduce((sum, { text }) => sum + tokensOf(text).length, 0);
  const usage: Usage = {
    prompt_tokens: promptTokens,
    completion_tokens: kept.length,
    total_tokens: promptTokens + kept.length,
  };
  const common = {
    id: `chatcmpl-${hash(JSON.stringify(messages)).toString(16).padStart(8, '0')}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    system_fingerprint: 'fp_double',
  };
  const finish = call !== undefined ? 'tool_calls' : kept.length < tokens.length ? 'length' : 'stop';
  if (request.stream !== true) {
    await answer.json({
      ...common,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: call === undefined ? kept.join('') : null,
            refusal: null,
            ...(call === undefined ? {} : { tool_calls: [toolCall(call)] }),
          },
          logprobs: null,
          finish_reason: finish,
        },
      ],
      usage,
    });
  } else {
    const counted = request.stream_options?.include_usage === true ? usage : undefined;
    await stream(answer, common, { tokens: kept, call, finish, usage: counted });
  }
  return call === undefined ? kept.join('') : `${call.name}(${call.arguments})`;
}

interface Content {
  readonly tokens: readonly string[];
  readonly call: ToolCall | undefined;
  readonly finish: string;
  readonly usage: Usage | undefined;
}

function toolCall({ name, arguments: given }: ToolCall): object {
  return { id: 'call_double', type: 'function', function: { name, arguments: given } };
}

async function stream(
  answer: Answer,
  common: object,
  { tokens, call, finish, usage }: Content,
): Promise<void> {
  const event = (choices: object[], total?: Usage) => {
    // With include_usage, every chunk but the last says that the usage is not known yet.
    const counted = usage === undefined ? {} : { usage: total ?? null };
    return `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices, ...counted })}\n\n`;
  };
  const choice = (delta: object, reason: string | null) => [
    { index: 0, delta, logprobs: null, finish_reason: reason },
  ];

  await answer.begin({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
  });
  await answer.send(event(choice({ role: 'assistant', content: '', refusal: null }, null)));
  if (call !== undefined) {
    // The name comes first, the arguments in pieces that are no JSON by themselves.
    const begun = { index: 0, ...toolCall({ ...call, arguments: '' }) };
    await answer.piece(event(choice({ tool_calls: [begun] }, null)));
    for (const piece of call.arguments.match(/.{1,7}/gs) ?? []) {
      const more = { index: 0, function: { arguments: piece } };
      await answer.piece(event(choice({ tool_calls: [more] }, null)));
    }
  }
  for (const [index, token] of tokens.entries()) {
    if (answer.malformed && index === 1)
      await answer.send('data: {"id":"chatcmpl-broken","choices":[{"delta":{"con\n\n');
    await answer.piece(event(choice({ content: token }, null)));
  }
  await answer.send(event(choice({}, finish)));
  if (usage) await answer.send(event([], usage));
  await answer.send('data: [DONE]\n\n');
  answer.end();
}

function parse(body: unknown): z.infer<typeof requestSchema> {
  const parsed = requestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const param = issue?.path.join('.') || 'body';
  throw new Refusal(400, `Invalid value for '${param}': ${issue?.message ?? 'unreadable'}.`, {
    param,
    code: 'invalid_value',
  });
}

function plainText(content: z.infer<typeof requestSchema>['messages'][number]['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text ?? '').join('');
}

function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
