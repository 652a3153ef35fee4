import { requireProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { type Layout, network } from './layout.ts';
import { bridgeAlias, linkAlias } from './observe.ts';

/**
 * Makes the bridge with the node's address, before the kubelet starts: it refuses a loopback address and one that
 * no interface has. Traffic of pods to the world is masqueraded by a table of our own.
 * @throws when there is a bridge of the same name that is not ours.
 */
export async function createBridge(paths: Layout): Promise<void> {
  const ip = requireProgram('ip', 'Install the Debian package iproute2.');
  const nft = requireProgram('nft', 'Install the Debian package nftables.');
  const alias = await linkAlias(network.bridge);
  if (alias !== undefined) {
    throw new Error(
      `The network link ${network.bridge} exists and was not made by this cluster${alias ? ` (${alias})` : ''}: another cluster runs on this machine. Stop it, or use it with --context.`,
    );
  }
  await run(nft, ['-f', '-'], { input: masqueradeRules(paths) });
  // It gets its real name last: a bridge of that name without our mark is not ours, so `down` would leave it.
  const name = network.newBridge;
  await run(ip, ['link', 'add', 'name', name, 'type', 'bridge']);
  await run(ip, ['link', 'set', name, 'alias', bridgeAlias(paths)]);
  await run(ip, ['link', 'set', name, 'name', network.bridge]);
  await run(ip, ['address', 'add', `${network.nodeAddress}/24`, 'dev', network.bridge]);
  await run(ip, ['address', 'add', `${network.hostAddress}/32`, 'dev', network.bridge]);
  await run(ip, ['link', 'set', network.bridge, 'up']);
}

export function masqueradeRules(paths: Layout): string {
  return `table ip ${paths.table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${network.podCidr} ip daddr != ${network.podCidr} oifname != "${network.bridge}" masquerade
  }
}
`;
}
