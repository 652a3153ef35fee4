import type { Fault, Faults } from './faults.ts';
import type { GatewayServer } from './gateway/server.ts';
import type { VoiceStates } from './gateway/voice-states.ts';
import type { InteractionLedger } from './interactions/ledger.ts';
import type { VoiceServer } from './voice/server.ts';
import type { Guilds } from './world/guilds.ts';
import { ScenarioError, type World } from './world/world.ts';

export interface InjectorParts {
  world: World;
  faults: Faults;
  guilds: Guilds;
  gateway: GatewayServer;
  voice: VoiceServer;
  voiceStates: VoiceStates;
  interactions: InteractionLedger;
}

/** Arms the faults that wait for something to happen, and does at once those that do not. */
export class FaultInjector {
  readonly #parts: InjectorParts;

  constructor(parts: InjectorParts) {
    this.#parts = parts;
  }

  inject(fault: Fault): void {
    const { faults, gateway, voice, voiceStates, interactions, guilds, world } = this.#parts;
    if (faults.arm(fault)) return;
    switch (fault.kind) {
      case 'closeGateway':
        gateway.closeAll(fault.applicationId, fault.code);
        return;
      case 'requestReconnect':
        gateway.requestReconnect(fault.applicationId);
        return;
      case 'invalidateSession':
        gateway.invalidate(fault.applicationId, fault.resumable);
        return;
      case 'closeVoice':
        voice.closeConnection(fault.guildId, fault.userId, fault.code);
        return;
      case 'moveVoiceServer':
        voiceStates.moveServer(world.guild(fault.guildId), fault.userId, 4014);
        return;
      case 'expireVoiceTokens':
        voice.expireTokens(fault.guildId);
        return;
      case 'dropUdp':
        voice.dropUdp(fault.guildId, fault.userId, fault.milliseconds);
        return;
      case 'expireInteractions':
        interactions.expireAll();
        return;
      case 'revokeBotToken':
        guilds.revokeToken(fault.applicationId);
        gateway.closeAll(fault.applicationId, 4004);
        return;
      default:
        throw new ScenarioError(`unknown fault ${fault.kind}`);
    }
  }
}
