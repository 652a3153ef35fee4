// Where an IP address leads, in the three steps that matter to whoever lets others choose a URL.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * `public`: the Internet. `private`: somebody's network, the cluster's own included. `local`: this machine, its link or
 * its cloud's metadata service, or no address that anything answers at.
 */
export type AddressKind = 'public' | 'private' | 'local';

const LOCAL = blockList([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  // Oracle's and Alibaba's metadata, Azure's virtual machine host.
  '192.0.0.0/24',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '224.0.0.0/3',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
  // Discard only; Teredo (whose servers choose the address inside).
  '100::/64',
  '2001::/32',
  // AWS' metadata and time, Google's metadata.
  'fd00:ec2::/32',
  'fd20:ce::/32',
]);

const PRIVATE = blockList([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '198.18.0.0/15',
  'fc00::/7',
  'fec0::/10',
  // NAT64 of a network's own choice.
  '64:ff9b:1::/48',
]);

const RANK: readonly AddressKind[] = ['public', 'private', 'local'];

/** @returns undefined when the text is not an IP address; a name is none */
export function addressKind(text: string): AddressKind | undefined {
  const address = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIPv4(address)) return kindIn(address, 'ipv4');
  if (!isIPv6(address)) return undefined;
  // What is inside and what is around it: the worse of both.
  const inside = embeddedIpv4(address).map((inner) => kindIn(inner, 'ipv4'));
  return [kindIn(address, 'ipv6'), ...inside].reduce(worse);
}

function worse(one: AddressKind, other: AddressKind): AddressKind {
  return RANK.indexOf(one) >= RANK.indexOf(other) ? one : other;
}

function kindIn(address: string, family: 'ipv4' | 'ipv6'): AddressKind {
  if (LOCAL.check(address, family)) return 'local';
  return PRIVATE.check(address, family) ? 'private' : 'public';
}

/** IPv4 addresses that some gateway or kernel takes out of this IPv6 address: mapped, compatible, NAT64, 6to4, ISATAP. */
function embeddedIpv4(address: string): string[] {
  const groups = groupsOf(address);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const last = quad(g, h);
  const found: string[] = [];
  const startsEmpty = a === 0 && b === 0 && c === 0 && d === 0;
  // ::a.b.c.d, ::ffff:a.b.c.d and ::ffff:0:a.b.c.d; not :: and ::1, which are addresses of their own.
  if (startsEmpty && (e === 0 || e === 0xffff) && (f === 0 || f === 0xffff) && (g !== 0 || h > 1))
    found.push(last);
  if (a === 0x64 && b === 0xff9b) found.push(last);
  if (a === 0x2002) found.push(quad(b, c));
  if ((e & 0xfdff) === 0 && f === 0x5efe) found.push(last);
  return found;
}

/** The eight groups of a valid IPv6 address. The URL parser writes it out in one way only, dots gone. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = parse(head);
  if (tail === undefined) return before;
  const after = parse(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function quad(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const slash = subnet.lastIndexOf('/');
    const network = subnet.slice(0, slash);
    list.addSubnet(network, Number(subnet.slice(slash + 1)), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  return list;
}
