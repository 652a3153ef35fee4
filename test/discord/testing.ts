import tls from 'node:tls';
import { API } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import type { SimulatorApi } from './api.ts';
import type { DiscordSimulator } from './simulator.ts';

/** A real bot on the discord.js project's own layers, as the gateway under test uses them. */
export interface Bot {
  applicationId: string;
  api: API;
  rest: REST;
  manager: WebSocketManager;
  dispatches: { t: string; d: unknown }[];
  /** The next dispatch of this kind that the test has not seen yet. */
  next(event: string): Promise<{ t: string; d: unknown }>;
  close(): Promise<void>;
}

export async function connectBot(
  simulator: Pick<SimulatorApi, 'addresses'>,
  application: { id: string; token: string },
  options: Partial<ConstructorParameters<typeof WebSocketManager>[0]> = {},
): Promise<Bot> {
  const rest = new REST({ api: simulator.addresses.apiUrl }).setToken(application.token);
  const api = new API(rest);
  const manager = new WebSocketManager({
    token: application.token,
    intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates | GatewayIntentBits.GuildMessages,
    rest,
    ...options,
  });
  const dispatches: { t: string; d: unknown }[] = [];
  const waiting = new Set<() => void>();
  let seen = 0;
  manager.on(WebSocketShardEvents.Dispatch, (payload) => {
    dispatches.push({ t: payload.t, d: payload.d });
    for (const wake of [...waiting]) wake();
  });
  manager.on(WebSocketShardEvents.Error, () => {});
  const next = async (event: string): Promise<{ t: string; d: unknown }> => {
    for (;;) {
      const index = dispatches.findIndex((dispatch, at) => at >= seen && dispatch.t === event);
      const found = dispatches[index];
      if (found) {
        seen = index + 1;
        return found;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  await manager.connect();
  await next(GatewayDispatchEvents.Ready);
  return {
    applicationId: application.id,
    api,
    rest,
    manager,
    dispatches,
    next,
    close: async () => {
      await manager.destroy();
    },
  };
}

/** Clients in this process trust the simulator's CA, as NODE_EXTRA_CA_CERTS does for programs. */
export function trust(simulator: DiscordSimulator): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), simulator.authorityPem]);
}
