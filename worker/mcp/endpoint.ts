/** Where a campaign's MCP servers are, and which key each may be given. */
import type { Reach } from '../../src/admission/hosts.ts';
import { foreignTool, type McpKeyFile } from '../../src/api/npc-tools.ts';
import type { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { readSecretFile } from '../../src/settings/secret-file.ts';
import { plainUrl, reachFrom } from '../provider/endpoints.ts';

export interface McpEndpoint {
  readonly name: string;
  readonly url: string;
  /** How far its connections may lead. */
  readonly reach: Reach;
  /** Read for each connection: a key may change. @throws ConfigurationError when its file cannot be read */
  readonly apiKey: () => Promise<string | undefined>;
  /** There is a key, but it belongs to another URL. */
  readonly keyWithheld: boolean;
}

/** Those that an NPC may use. As with providers, a key goes to the one URL only that it was mounted for. */
export function mcpEndpoints(
  { campaign }: Pick<SessionConfiguration, 'campaign'>,
  keys: readonly McpKeyFile[],
): readonly McpEndpoint[] {
  const tools = (campaign?.npcs ?? []).flatMap((npc) => npc.tools);
  const used = new Set(tools.map((entry) => foreignTool(entry)?.server));
  return (campaign?.mcpServers ?? [])
    .filter(({ name }) => used.has(name))
    .map(({ name, url, reach }) => {
      const key = keys.find((one) => one.name === name);
      const own = key !== undefined && plainUrl(key.url) === plainUrl(url);
      return {
        ...{ name, url, reach: reachFrom(reach) },
        apiKey: async () =>
          own ? await readSecretFile(key.file, `the API key of MCP server ${name}`) : undefined,
        keyWithheld: key !== undefined && !own,
      };
    });
}
