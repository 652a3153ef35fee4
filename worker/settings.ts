/**
 * What the pod's environment says. Read by hand and not with a schema library: this is on the way to the
 * first byte to the gateway.
 */
import { MCP_KEYS_VARIABLE, type McpKeyFile } from '../src/api/npc-tools.ts';
import { keyVariables, PROVIDER_PLACES, type ProviderPlace } from '../src/api/provider-roles.ts';
import { ConfigurationError } from '../src/settings/configuration-error.ts';
import type { LaneSettings } from './turn/lane.ts';
import { laneDefaults } from './turn/lane.ts';

export interface WorkerSettings {
  /** host:port */
  readonly gatewayAddress: string;
  readonly gatewayServerName: string | undefined;
  readonly trustDomain: string;
  readonly podName: string;
  readonly podUid: string;
  readonly buildSha: string;
  /** Folder with tls.crt, tls.key, ca.crt. */
  readonly sessionDirectory: string;
  /** How often the mounted certificate is compared with the one in use, milliseconds. */
  readonly certificateCheckMs: number;
  /** File with the tenant's DSN, which is replaced when the password changes; undefined: no database. */
  readonly databaseUrlFile: string | undefined;
  readonly healthPort: number;
  readonly vadModelPath: string | undefined;
  /** `offline`: speech is recognised and synthesised by a sidecar in this pod. */
  readonly profile: string;
  /** Files with the providers' API keys. */
  readonly keyFiles: { readonly [place in ProviderPlace]?: string };
  /** The base URL that each key is for; without one, the key is for the default of kind openai. */
  readonly keyUrls: { readonly [place in ProviderPlace]?: string };
  /** Keys for the campaign's MCP servers. */
  readonly mcpKeys: readonly McpKeyFile[];
  readonly lane: LaneSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigurationError with every problem. */
export function readSettings(env: Environment = process.env): WorkerSettings {
  const problems: string[] = [];
  const text = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const required = (name: string): string => {
    const value = text(name);
    if (value === undefined) problems.push(`${name}: required, but not set`);
    return value ?? '';
  };
  const number = (name: string, fallback: number, least: number, most: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const parsed = Number(value);
    if (Number.isInteger(parsed) && parsed >= least && parsed <= most) return parsed;
    problems.push(`${name}: must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const keyFiles: { [place in ProviderPlace]?: string } = {};
  const keyUrls: { [place in ProviderPlace]?: string } = {};
  for (const place of PROVIDER_PLACES) {
    const variables = keyVariables(place);
    const path = text(variables.file);
    if (path !== undefined) keyFiles[place] = path;
    const url = text(variables.url);
    if (url !== undefined) keyUrls[place] = url;
  }
  const gatewayAddress = required('SKALD_GATEWAY_ADDRESS');
  if (gatewayAddress !== '' && !/:\d+$/.test(gatewayAddress)) {
    problems.push('SKALD_GATEWAY_ADDRESS: must be host:port');
  }
  const settings: WorkerSettings = {
    gatewayAddress,
    gatewayServerName: text('SKALD_GATEWAY_SERVER_NAME'),
    trustDomain: text('SKALD_TRUST_DOMAIN') ?? 'skald.local',
    podName: required('SKALD_POD_NAME'),
    podUid: required('SKALD_POD_UID'),
    buildSha: text('SKALD_BUILD_SHA') ?? 'unknown',
    sessionDirectory: text('SKALD_SESSION_DIRECTORY') ?? '/var/run/skald/session',
    certificateCheckMs: 1000 * number('SKALD_CERTIFICATE_CHECK_SECONDS', 10, 1, 3600),
    databaseUrlFile: text('SKALD_DATABASE_URL_FILE'),
    healthPort: number('SKALD_HEALTH_PORT', 8080, 0, 65_535),
    vadModelPath: text('SKALD_VAD_MODEL'),
    profile: text('SKALD_PROFILE') ?? 'cloud',
    keyFiles,
    keyUrls,
    mcpKeys: mcpKeysFrom(text(MCP_KEYS_VARIABLE), problems),
    lane: {
      ...laneDefaults,
      endpointMs: number('SKALD_ENDPOINT_MS', laneDefaults.endpointMs, 200, 3000),
      maxUtteranceMs: number('SKALD_MAX_UTTERANCE_MS', laneDefaults.maxUtteranceMs, 1000, 120_000),
    },
  };
  if (problems.length > 0) throw new ConfigurationError(problems);
  return settings;
}

function mcpKeysFrom(json: string | undefined, problems: string[]): McpKeyFile[] {
  if (json === undefined) return [];
  try {
    const given: unknown = JSON.parse(json);
    if (Array.isArray(given) && given.every(isMcpKeyFile)) return given;
  } catch {
    // Said below.
  }
  problems.push(`${MCP_KEYS_VARIABLE}: must be a JSON list of {"name", "file", "url"}`);
  return [];
}

function isMcpKeyFile(given: unknown): given is McpKeyFile {
  if (typeof given !== 'object' || given === null) return false;
  const fields = new Map<string, unknown>(Object.entries(given));
  return ['name', 'file', 'url'].every((field) => typeof fields.get(field) === 'string');
}
