/**
 * One connection to an MCP server, by the library of the protocol's own project: streamable HTTP, and what was there before
 * it (HTTP with a stream of events) for servers that know no other. This file is loaded when a campaign has a server: the
 * library costs time and memory that other sessions need not spend.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  type CallToolResult,
  CallToolResultSchema,
  ErrorCode,
  McpError,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { AddressRefusedError } from '../provider/guarded-lookup.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { McpEndpoint } from './endpoint.ts';
import { asInformation, LONGEST_RESULT, type OfferedTool } from './offered-tool.ts';

export interface McpConnection {
  /** All that the server offers. @throws Error in words for people */
  listTools(): Promise<readonly OfferedTool[]>;
  /**
   * @returns what the model is told
   * @throws Error in words that the model may be told; McpUnreachableError when the connection is of no more use
   */
  call(tool: string, input: unknown, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** The server does not answer, or answers what is not its protocol: a new connection may help. */
export class McpUnreachableError extends Error {
  override readonly name = 'McpUnreachableError';
}

export interface McpEvents {
  readonly toolsChanged: () => void;
}

/** For each answer of the server but a tool's, milliseconds. */
const ANSWER_LIMIT_MS = 5_000;
/** A tool's own limit is less, and somebody else's to hold. */
const CALL_LIMIT_MS = 30_000;
/** Of lists that come in pages. */
const MOST_PAGES = 10;
/** Statuses by which a server says that it does not know streamable HTTP. */
const OLDER_SERVER = new Set([400, 404, 405]);
const LONGEST_WORDS = 200;

/** @throws Error in words for people */
export async function connect(
  endpoint: McpEndpoint,
  events: McpEvents,
  version: string,
): Promise<McpConnection> {
  const apiKey = await endpoint.apiKey();
  const url = new URL(endpoint.url);
  const options = { fetch: boundedFetch(endpoint, apiKey) };
  const failed = (error: unknown): Error => wordsFor(error, endpoint, apiKey);
  try {
    try {
      return new Connection(
        await clientOver(new StreamableHTTPClientTransport(url, options), events, version),
        failed,
      );
    } catch (error) {
      if (!(error instanceof StreamableHTTPError && OLDER_SERVER.has(error.code ?? 0))) throw error;
      return new Connection(await clientOver(new SSEClientTransport(url, options), events, version), failed);
    }
  } catch (error) {
    throw failed(error);
  }
}

async function clientOver(transport: Transport, events: McpEvents, version: string): Promise<Client> {
  const client = new Client(
    { name: 'skald', version },
    // What a tool returns is text for a model here, whatever shape the server says it has; no schema of its is compiled.
    {
      jsonSchemaValidator: {
        getValidator: () => () => ({ valid: false, data: undefined, errorMessage: '' }),
      },
    },
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => events.toolsChanged());
  // A stream that breaks is opened again by the library; requests say themselves what failed.
  client.onerror = () => {};
  await client.connect(transport, { timeout: ANSWER_LIMIT_MS });
  return client;
}

class Connection implements McpConnection {
  private readonly client: Client;
  private readonly failed: (error: unknown) => Error;

  constructor(client: Client, failed: (error: unknown) => Error) {
    this.client = client;
    this.failed = failed;
  }

  async listTools(): Promise<readonly OfferedTool[]> {
    const tools: OfferedTool[] = [];
    let cursor: string | undefined;
    try {
      for (let page = 0; page < MOST_PAGES; page++) {
        const list = await this.client.listTools(cursor === undefined ? {} : { cursor }, {
          timeout: ANSWER_LIMIT_MS,
        });
        for (const { name, description = '', inputSchema } of list.tools)
          tools.push({ name, description, input: inputSchema });
        cursor = list.nextCursor;
        if (cursor === undefined) break;
      }
    } catch (error) {
      throw this.failed(error);
    }
    return tools;
  }

  async call(tool: string, input: unknown, signal: AbortSignal): Promise<string> {
    const given = Object.fromEntries(
      Object.entries(typeof input === 'object' && input !== null ? input : {}),
    );
    let result: CallToolResult;
    try {
      const request = { method: 'tools/call', params: { name: tool, arguments: given } } as const;
      result = await this.client.request(request, CallToolResultSchema, { signal, timeout: CALL_LIMIT_MS });
    } catch (error) {
      signal.throwIfAborted();
      throw this.failed(error);
    }
    const text = result.content
      .map((part) => (part.type === 'text' ? part.text : `(${part.type} that cannot be read aloud)`))
      .join('\n');
    const told = asInformation(
      text === '' ? JSON.stringify(result.structuredContent ?? '') : text,
      LONGEST_RESULT,
    );
    if (result.isError === true) throw new Error(told.slice(0, LONGEST_WORDS));
    return told;
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

/** Without the key, which a server may repeat, and without what it answers instead of its protocol. */
function wordsFor(error: unknown, { name, keyWithheld }: McpEndpoint, apiKey: string | undefined): Error {
  const hidden = (words: string): string => (apiKey ? words.replaceAll(apiKey, '[key]') : words);
  if (error instanceof McpError && ANSWERS.has(error.code))
    return new Error(`${name}: ${asInformation(hidden(error.message), LONGEST_WORDS)}`);
  const note = keyWithheld
    ? ' (no API key was sent: the one in this pod is for another URL; start a new session)'
    : '';
  return new McpUnreachableError(`${name} ${hidden(reasonOf(error))}${note}`);
}

/** Errors by which a server answers one request, and goes on. */
const ANSWERS: ReadonlySet<number> = new Set([
  ...[ErrorCode.InvalidParams, ErrorCode.InternalError, ErrorCode.MethodNotFound, ErrorCode.InvalidRequest],
]);

function reasonOf(error: unknown): string {
  if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) return 'did not answer in time';
  if (error instanceof StreamableHTTPError && error.code !== undefined && error.code > 0)
    return `answered ${error.code}`;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof AddressRefusedError) return `cannot be used: ${cause.message}`;
  if (error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError'))
    return 'answered something that is not the protocol';
  return `cannot be reached (${asInformation(error instanceof Error ? error.message : 'unknown', LONGEST_WORDS)})`;
}
