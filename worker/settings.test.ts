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
});
