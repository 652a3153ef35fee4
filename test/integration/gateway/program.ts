import { slotPlace } from '../../../src/api/gateway-place.ts';
import { DEFAULT_TRUST_DOMAIN } from '../../../src/rpc/identity.ts';
import { GatewayStatusClient } from '../../../src/rpc/status-client.ts';
import { eventually, type Scene } from './scene.ts';

/** Waits until a gateway that runs as a program says, as it would to the operator, that the tenant's bot is connected. */
export async function programConnected(scene: Scene, port: number): Promise<void> {
  const operator = await scene.operatorIdentity();
  using client = new GatewayStatusClient({
    address: `127.0.0.1:${port}`,
    place: slotPlace(0),
    trustDomain: DEFAULT_TRUST_DOMAIN,
    identity: () => operator,
  });
  await eventually(
    'the bot is connected',
    async () => (await client.getTenantStatus(scene.tenantName).catch(() => undefined))?.connected,
  );
}
