import type { World } from '../world/world.ts';
import type { GatewaySession } from './session.ts';

/** Knows every live session and delivers events to those that may see them. */
export class GatewayHub {
  readonly #world: World;
  readonly sessions = new Map<string, GatewaySession>();

  constructor(world: World) {
    this.#world = world;
  }

  add(session: GatewaySession): void {
    this.sessions.set(session.id, session);
  }

  remove(session: GatewaySession): void {
    session.valid = false;
    this.sessions.delete(session.id);
  }

  of(applicationId: string): GatewaySession[] {
    return [...this.sessions.values()].filter((session) => session.application.id === applicationId);
  }

  /** To every bot in the guild. */
  dispatchToGuild(guildId: string, event: string, data: unknown): void {
    const guild = this.#world.guilds.get(guildId);
    if (!guild) return;
    for (const session of this.sessions.values()) {
      if (guild.applications.has(session.application.id) && session.servesGuild(guildId)) {
        session.dispatch(event, data);
      }
    }
  }

  /** To one bot; returns how many sessions took it. */
  dispatchToApplication(applicationId: string, guildId: string, event: string, data: unknown): number {
    const sessions = this.of(applicationId).filter((session) => session.servesGuild(guildId));
    for (const session of sessions) session.dispatch(event, data);
    return sessions.length;
  }
}
