import { isIPv4 } from 'node:net';

/** IP discovery: 74 bytes, type 1 asks and 2 answers, then length 70, SSRC, address (64 bytes), port. */
const LENGTH = 74;
const REQUEST = 1;
const RESPONSE = 2;

/** The SSRC of a request, or undefined when the packet is none. */
export function parseDiscoveryRequest(packet: Buffer): number | undefined {
  if (packet.length !== LENGTH || packet.readUInt16BE(0) !== REQUEST || packet.readUInt16BE(2) !== 70) {
    return undefined;
  }
  return packet.readUInt32BE(4);
}

export function discoveryRequest(ssrc: number): Buffer {
  return frame(REQUEST, ssrc, '', 0);
}

export function discoveryResponse(ssrc: number, address: string, port: number): Buffer {
  return frame(RESPONSE, ssrc, address, port);
}

export function parseDiscoveryResponse(packet: Buffer): { address: string; port: number } | undefined {
  if (packet.length !== LENGTH || packet.readUInt16BE(0) !== RESPONSE) return undefined;
  const end = packet.indexOf(0, 8);
  const address = packet.subarray(8, end).toString('latin1');
  return isIPv4(address) ? { address, port: packet.readUInt16BE(LENGTH - 2) } : undefined;
}

function frame(type: number, ssrc: number, address: string, port: number): Buffer {
  const packet = Buffer.alloc(LENGTH);
  packet.writeUInt16BE(type, 0);
  packet.writeUInt16BE(LENGTH - 4, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.write(address, 8, 'latin1');
  packet.writeUInt16BE(port, LENGTH - 2);
  return packet;
}
