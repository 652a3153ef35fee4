/**
 * The campaign's MCP servers: connected in the background and kept. An answer takes the tools of those that are connected
 * when it begins; it waits for none.
 */
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { NpcTool } from '../npc/tools/tool.ts';
import type { connect as connectByLibrary, McpConnection } from './connection.ts';
import type { McpEndpoint } from './endpoint.ts';
import { isAllowed, MOST_FOREIGN_TOOLS, modelName, type OfferedTool, usable } from './offered-tool.ts';

export interface McpServersParts {
  readonly log: Logger;
  /** What does not work, as a sentence; undefined: everything does. */
  readonly health: (failure: string | undefined) => void;
  /** What the servers are told of us. */
  readonly version: string;
  /** @defaultValue by the library, loaded when it is first needed */
  readonly connect?: typeof connectByLibrary;
  /** After a failure, milliseconds. @defaultValue 15 s */
  readonly retryMs?: number;
}

const RETRY_MS = 15_000;

const connectLazily: typeof connectByLibrary = async (...parameters) => {
  const { connect } = await import('./connection.ts');
  return await connect(...parameters);
};

export class McpServers {
  private readonly parts: McpServersParts;
  private servers: readonly McpServer[] = [];

  constructor(parts: McpServersParts) {
    this.parts = parts;
  }

  /** Begins to connect to those that are new; closes those that are gone. */
  configure(endpoints: readonly McpEndpoint[]): void {
    const kept = this.servers.filter((server) => endpoints.some((endpoint) => server.serves(endpoint)));
    for (const server of this.servers) if (!kept.includes(server)) server.close();
    const added = endpoints
      .filter((endpoint) => !kept.some((server) => server.serves(endpoint)))
      .map((endpoint) => new McpServer(endpoint, this.parts, () => this.judge()));
    this.servers = [...kept, ...added];
    for (const server of added) server.open();
    this.judge();
  }

  /** What the NPC may use of servers that are connected. */
  toolsFor(npc: Pick<Npc, 'tools'>): readonly NpcTool[] {
    return this.servers.flatMap((server) => server.toolsFor(npc)).slice(0, MOST_FOREIGN_TOOLS);
  }

  close(): void {
    for (const server of this.servers) server.close();
    this.servers = [];
  }

  private judge(): void {
    const failures = this.servers.flatMap(({ failure }) => failure ?? []);
    this.parts.health(
      failures.length === 0
        ? undefined
        : `Characters play without some of their tools: ${failures.join('; ')}.`,
    );
  }
}

class McpServer {
  private readonly endpoint: McpEndpoint;
  private readonly parts: McpServersParts;
  private readonly changed: () => void;
  private connection: McpConnection | undefined;
  private tools: readonly OfferedTool[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  /** Why it cannot be used now. */
  failure: string | undefined;

  constructor(endpoint: McpEndpoint, parts: McpServersParts, changed: () => void) {
    this.endpoint = endpoint;
    this.parts = parts;
    this.changed = changed;
  }

  serves({ name, url, reach, keyWithheld }: McpEndpoint): boolean {
    const own = this.endpoint;
    return own.name === name && own.url === url && own.reach === reach && own.keyWithheld === keyWithheld;
  }

  /** Never rejects; tries again until it is closed. */
  async open(): Promise<void> {
    const { connect = connectLazily, version, log } = this.parts;
    try {
      const connection = await connect(this.endpoint, { toolsChanged: () => void this.list() }, version);
      if (this.closed) return await connection.close();
      this.connection = connection;
      this.take(await connection.listTools());
      log.info(
        { server: this.endpoint.name, tools: this.tools.length, intent: 'mcp' },
        'MCP server connected',
      );
    } catch (error) {
      this.lost(error);
    }
  }

  toolsFor(npc: Pick<Npc, 'tools'>): readonly NpcTool[] {
    const { name: server } = this.endpoint;
    return this.tools
      .filter(({ name }) => isAllowed(npc, server, name))
      .map(({ name, description, input }) => ({
        name: modelName(server, name),
        description,
        input,
        run: (given, signal) => this.call(name, given, signal),
      }));
  }

  close(): void {
    this.closed = true;
    this.tools = [];
    clearTimeout(this.timer);
    void this.connection?.close().catch(() => {});
    this.connection = undefined;
  }

  private async call(tool: string, input: unknown, signal: AbortSignal): Promise<string> {
    const { connection } = this;
    if (connection === undefined) throw new Error(`${this.endpoint.name} cannot be reached`);
    try {
      return await connection.call(tool, input, signal);
    } catch (error) {
      if (error instanceof Error && error.name === 'McpUnreachableError' && connection === this.connection)
        this.lost(error);
      throw error;
    }
  }

  private async list(): Promise<void> {
    const { connection } = this;
    if (connection === undefined) return;
    try {
      const tools = await connection.listTools();
      if (connection === this.connection) this.take(tools);
    } catch (error) {
      if (connection === this.connection) this.lost(error);
    }
  }

  private take(offered: readonly OfferedTool[]): void {
    this.tools = offered.flatMap((tool) => usable(tool) ?? []);
    const refused = offered.length - this.tools.length;
    if (refused > 0)
      this.parts.log.warn(
        { server: this.endpoint.name, refused, intent: 'mcp' },
        'Tools with too large a schema are left out',
      );
    this.failure = undefined;
    this.changed();
  }

  private lost(error: unknown): void {
    if (this.closed) return;
    void this.connection?.close().catch(() => {});
    this.connection = undefined;
    this.tools = [];
    const why = error instanceof Error ? error.message : 'it failed';
    if (why !== this.failure)
      this.parts.log.warn({ server: this.endpoint.name, why, intent: 'mcp' }, 'MCP server cannot be used');
    this.failure = why;
    this.changed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.open(), this.parts.retryMs ?? RETRY_MS);
  }
}
