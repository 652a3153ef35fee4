/** Tools in the Chat Completions API: when the double uses one, and what it says of the result. */
import { z } from 'zod';

export const toolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().min(1).max(64),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

export interface ToolCall {
  readonly name: string;
  /** JSON, as a model writes it. */
  readonly arguments: string;
}

const NOTATION = /\b\d*d(?:\d+|%)(?:\s*[+-]\s*\d+)?/i;

/** A model that was given dice and is asked for a roll uses them. */
export function wantedTool(said: string, tools: readonly z.infer<typeof toolSchema>[]): ToolCall | undefined {
  const [dice] = NOTATION.exec(said) ?? [];
  if (dice === undefined || !tools.some((tool) => tool.function.name === 'dice')) return undefined;
  return { name: 'dice', arguments: JSON.stringify({ dice: dice.replaceAll(' ', '') }) };
}

/** @param result what the tool has answered */
export function answerWithResult(result: string): string {
  return `Let us see. ${result}.`;
}
