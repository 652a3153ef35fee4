/**
 * Name resolution for connections to providers: what a name leads to is judged at the moment of the connection, and the
 * connection goes to the addresses that were judged. Whoever owns the name can change its answer between a check and the
 * next question; there is no next question.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressKind } from '../../src/admission/addresses.ts';
import type { Reach } from '../../src/admission/hosts.ts';

/** The address is not one that this endpoint may lead to. Trying again does not help. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';

  constructor(hostname: string, addresses: readonly string[], reach: Reach) {
    const shown = addresses.slice(0, 3).join(', ');
    const leads = shown === hostname ? 'is' : `leads to ${shown},`;
    super(
      reach === 'public'
        ? `${hostname} ${leads} an address that is not on the Internet; only the Tenant can name a host in a private network`
        : `${hostname} ${leads} an address of this machine, its link or a metadata service`,
    );
  }
}

/** All addresses of a name, as `dns.lookup` gives them. */
export type Resolve = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const resolveBySystem: Resolve = (hostname, callback) => systemLookup(hostname, { all: true }, callback);

/**
 * For the option `lookup` of `net.connect`, and of all that stands on it: `http.request`, `tls.connect`, `ws`. Those
 * never ask it about an address: see {@link requireReachable}.
 */
export function guardedLookup(reach: Reach, resolve: Resolve = resolveBySystem): LookupFunction {
  return (hostname, options, callback) => {
    // Absolute, so that the pod's search path cannot complete a name of the Internet to one of the cluster.
    const asked = reach === 'public' && !hostname.endsWith('.') ? `${hostname}.` : hostname;
    resolve(asked, (error, found) => {
      if (error !== null) return callback(error, []);
      const wanted =
        options.family === 4 || options.family === 'IPv4' ? 4 : options.family === 6 ? 6 : undefined;
      const usable = found.filter(
        ({ address, family }) => isWithin(address, reach) && (wanted === undefined || wanted === family),
      );
      const [first] = usable;
      if (first === undefined) {
        const addresses = found.map(({ address }) => address);
        return callback(new AddressRefusedError(hostname, addresses, reach), []);
      }
      if (options.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

/** @throws AddressRefusedError when the host of a URL is an address itself, and out of reach. */
export function requireReachable(hostname: string, reach: Reach): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (addressKind(address) !== undefined && !isWithin(address, reach))
    throw new AddressRefusedError(address, [address], reach);
}

function isWithin(address: string, reach: Reach): boolean {
  const kind = addressKind(address);
  if (reach === 'any') return kind !== undefined;
  return kind === 'public' || (kind === 'private' && reach === 'private');
}
