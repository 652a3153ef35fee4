import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

const least = { SKALD_GATEWAY_ADDRESS: 'gateway:8443', SKALD_POD_NAME: 'p', SKALD_POD_UID: 'u' };

describe('settings', () => {
  it('needs the gateway and the pod, and has defaults for the rest', () => {
    expect(readSettings(least)).toMatchObject({
      gatewayAddress: 'gateway:8443',
      trustDomain: 'skald.local',
      sessionDirectory: '/var/run/skald/session',
      certificateCheckMs: 10_000,
      healthPort: 8080,
      keyFiles: {},
      lane: { endpointMs: 500 },
    });
  });

  it('names every problem at once', () => {
    expect(() => readSettings({ SKALD_ENDPOINT_MS: 'soon', SKALD_GATEWAY_ADDRESS: 'gateway' })).toThrow(
      /SKALD_GATEWAY_ADDRESS(.|\n)*SKALD_ENDPOINT_MS|SKALD_ENDPOINT_MS(.|\n)*SKALD_GATEWAY_ADDRESS/,
    );
  });

  it('takes an empty variable for an unset one', () => {
    expect(readSettings({ ...least, SKALD_STT_API_KEY_FILE: '', SKALD_PROFILE: '' })).toMatchObject({
      profile: 'cloud',
      keyFiles: {},
    });
  });

  it('has the keys of MCP servers in one variable, and says what is wrong with it', () => {
    const keys = [{ name: 'tavern', file: '/keys/mcp-tavern', url: 'https://tavern/mcp' }];
    expect(readSettings(least).mcpKeys).toEqual([]);
    expect(readSettings({ ...least, SKALD_MCP_API_KEYS: JSON.stringify(keys) }).mcpKeys).toEqual(keys);
    for (const wrong of ['{', '{}', '[{"name": "tavern"}]', '[1]']) {
      const read = () => readSettings({ ...least, SKALD_MCP_API_KEYS: wrong });
      expect(read).toThrow('SKALD_MCP_API_KEYS: must be a JSON list of {"name", "file", "url"}');
    }
  });
});
