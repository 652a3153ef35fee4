/** IP discovery is a datagram like any other: it may get lost, and the library sends it once. */
import { type Networking, NetworkingStatusCode } from '@discordjs/voice';

const RETRY_MS = 500;

/** Sends it again and again while the connection waits for the answer. */
export function retryDiscovery(networking: Networking): void {
  const timer = setInterval(() => {
    const { state } = networking;
    if (state.code === NetworkingStatusCode.OpeningWs || state.code === NetworkingStatusCode.Identifying)
      return;
    if (state.code !== NetworkingStatusCode.UdpHandshaking) {
      clearInterval(timer);
      return;
    }
    const discovery = Buffer.alloc(74);
    discovery.writeUInt16BE(1, 0);
    discovery.writeUInt16BE(70, 2);
    discovery.writeUInt32BE(state.connectionData.ssrc, 4);
    state.udp.send(discovery);
  }, RETRY_MS);
  timer.unref();
}
