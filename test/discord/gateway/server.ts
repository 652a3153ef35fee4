import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GatewayOpcodes } from 'discord-api-types/v10';
import { WebSocketServer } from 'ws';
import type { Faults } from '../faults.ts';
import type { Timeline } from '../world/timeline.ts';
import type { World } from '../world/world.ts';
import { encoderFor } from './compression.ts';
import { GatewayConnection } from './connection.ts';
import type { GatewayHub } from './hub.ts';
import type { VoiceStates } from './voice-states.ts';

export interface GatewayParts {
  world: World;
  hub: GatewayHub;
  voiceStates: VoiceStates;
  timeline: Timeline;
  faults: Faults;
  /** Address that READY names for resuming. */
  url: () => string;
}

/** Discord's main gateway, version 10, JSON only. Shares the HTTP port of the REST API by WebSocket upgrade. */
export class GatewayServer {
  readonly #parts: GatewayParts;
  readonly #server = new WebSocketServer({ noServer: true });

  constructor(parts: GatewayParts) {
    this.#parts = parts;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const query = new URL(request.url ?? '/', 'http://gateway').searchParams;
      const encoder = encoderFor(query.get('compress'));
      const version = query.get('v') ?? '10';
      if (version !== '10') ws.close(4012, 'Invalid API version.');
      else if (!encoder || (query.get('encoding') ?? 'json') !== 'json') ws.close(4002, 'Decode error.');
      else new GatewayConnection(ws, encoder, this.#parts);
    });
  }

  closeAll(applicationId: string, code: number): void {
    for (const session of this.#parts.hub.of(applicationId)) session.close(code, 'Closed by a fault.');
  }

  requestReconnect(applicationId: string): void {
    for (const session of this.#parts.hub.of(applicationId)) {
      session.send({ op: GatewayOpcodes.Reconnect, d: null });
    }
  }

  invalidate(applicationId: string, resumable: boolean): void {
    for (const session of this.#parts.hub.of(applicationId)) {
      session.send({ op: GatewayOpcodes.InvalidSession, d: resumable });
      if (!resumable) {
        this.#parts.hub.remove(session);
        this.#parts.voiceStates.dropSession(session.id);
      }
    }
  }

  stop(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }
}
