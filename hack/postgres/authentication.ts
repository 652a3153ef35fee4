import { isIP } from 'node:net';

/**
 * The text of pg_hba.conf: passwords (SCRAM) from the server's own addresses and from `networks`, nothing else.
 * @throws on a network that is not CIDR, because PostgreSQL would then take it for a host name.
 */
export function hostBasedAuthentication(host: string, networks: readonly string[]): string {
  const own = isIP(host) === 6 ? `${host}/128` : isIP(host) === 4 ? `${host}/32` : 'samehost';
  const lines = ['127.0.0.1/32', '::1/128', own, ...networks.map(checked)].map(
    (network) => `host all all ${network} scram-sha-256`,
  );
  return `${[...new Set(lines)].join('\n')}\n`;
}

function checked(network: string): string {
  const [address = '', bits = '', ...rest] = network.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new Error(`"${network}" is not a network in CIDR notation, such as 10.244.0.0/24`);
  }
  return network;
}
