// Keys of a campaign's MCP servers.
import type { McpServer, SecretKeyRef } from '../api/index.ts';
import { isReservedSecret } from './providers.ts';

export interface McpKey {
  readonly name: string;
  readonly url: string;
  readonly apiKeySecretRef: SecretKeyRef;
}

/** Of the servers that have a key; those of Skald's own Secrets are refused elsewhere, and not among them. */
export function mcpKeys(
  campaign: { readonly spec: { readonly mcpServers?: readonly McpServer[] } } | undefined,
): readonly McpKey[] {
  return (campaign?.spec.mcpServers ?? []).flatMap(({ name, url, apiKeySecretRef }) =>
    apiKeySecretRef === undefined || isReservedSecret(apiKeySecretRef.name)
      ? []
      : [{ name, url, apiKeySecretRef }],
  );
}
