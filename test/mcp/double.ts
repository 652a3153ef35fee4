import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export interface DoubleTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  /** What it answers; `{ error }`: that it failed. @defaultValue what it was given, as JSON */
  readonly answer?: (input: unknown) => string | { readonly error: string } | Promise<string>;
}

/**
 * What goes wrong with every request from now on: no answer at all, a status, a body that is no protocol, an answer that
 * has no end, another place.
 */
export type McpFault =
  | 'hang'
  | 'malformed'
  | 'endless'
  | { readonly status: number }
  | { readonly redirect: string };

export interface McpDoubleOptions {
  readonly tools?: readonly DoubleTool[];
  /** The bearer token that clients must send. */
  readonly apiKey?: string;
  /** It speaks HTTP with a stream of events alone, as servers did before streamable HTTP. */
  readonly older?: boolean;
}

type Transport = StreamableHTTPServerTransport | SSEServerTransport;

/** A server of the Model Context Protocol on this machine, by the server's side of the protocol's own library. */
export class McpDouble implements AsyncDisposable {
  /** What was called, in the order in which it came. */
  readonly calls: { readonly tool: string; readonly input: unknown }[] = [];
  /** Authorization headers that came. */
  readonly authorizations = new Set<string | undefined>();
  fault: McpFault | undefined;
  private tools: readonly DoubleTool[];
  private readonly options: McpDoubleOptions;
  private readonly sessions = new Map<string, { readonly transport: Transport; readonly server: Server }>();
  private readonly http: HttpServer;

  private constructor(options: McpDoubleOptions) {
    this.options = options;
    this.tools = options.tools ?? [];
    this.http = createServer((request, response) => void this.handle(request, response));
  }

  static async start(options: McpDoubleOptions = {}): Promise<McpDouble> {
    const double = new McpDouble(options);
    double.http.listen(0, '127.0.0.1');
    await once(double.http, 'listening');
    return double;
  }

  get url(): string {
    const address = this.http.address();
    if (address === null || typeof address === 'string') throw new Error('the double does not listen');
    return `http://127.0.0.1:${address.port}/mcp`;
  }

  /** Clients that are connected are told. */
  async offer(tools: readonly DoubleTool[]): Promise<void> {
    this.tools = tools;
    for (const { server } of this.sessions.values()) await server.sendToolListChanged();
  }

  /** As after a restart: no session is known any more. */
  forgetSessions(): void {
    this.sessions.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.http, 'close');
    this.http.close();
    this.http.closeAllConnections();
    await closed;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization } = request.headers;
    this.authorizations.add(authorization);
    const { apiKey } = this.options;
    if (apiKey !== undefined && authorization !== `Bearer ${apiKey}`)
      return answer(response, 401, `wrong key: ${authorization}`);
    if (this.fault !== undefined) return misbehave(response, this.fault);
    if (this.options.older === true) await this.older(request, response);
    else await this.streamable(request, response);
  }

  private async streamable(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? this.sessions.get(id) : undefined;
    if (known?.transport instanceof StreamableHTTPServerTransport)
      return await known.transport.handleRequest(request, response);
    if (id !== undefined) return answer(response, 404, 'no such session');
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (sessionId) => {
        this.sessions.set(sessionId, { transport, server });
      },
    });
    const server = await this.serve(transport);
    await transport.handleRequest(request, response);
  }

  private async older(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      this.sessions.set(transport.sessionId, { transport, server: await this.serve(transport) });
      return;
    }
    const known = this.sessions.get(url.searchParams.get('sessionId') ?? '');
    if (known?.transport instanceof SSEServerTransport)
      await known.transport.handlePostMessage(request, response);
    else answer(response, 404, 'not here');
  }

  private async serve(transport: Transport): Promise<Server> {
    const server = new Server(
      { name: 'double', version: '1' },
      { capabilities: { tools: { listChanged: true } } },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: this.tools.map(({ name, description, inputSchema = {} }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        inputSchema: { ...inputSchema, type: 'object' as const },
      })),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const { name, arguments: input } = params;
      this.calls.push({ tool: name, input });
      const tool = this.tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      const said = (await tool.answer?.(input)) ?? JSON.stringify(input);
      return typeof said === 'string'
        ? { content: [{ type: 'text', text: said }] }
        : { content: [{ type: 'text', text: said.error }], isError: true };
    });
    await server.connect(transport);
    return server;
  }
}

function misbehave(response: ServerResponse, fault: McpFault): void {
  if (fault === 'hang') return;
  if (fault === 'malformed') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc": "2.0", "res');
  } else if (fault === 'endless') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"jsonrpc": "2.0", "id": 0, "result": {"x": "');
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  } else if ('status' in fault) {
    answer(response, fault.status, 'out of order');
  } else {
    response.writeHead(307, { location: fault.redirect }).end();
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
