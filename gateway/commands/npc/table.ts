/**
 * Who plays on a server now: the NPCs of the campaign whose session runs there, and which of them are silent.
 */
import type { VoiceSession } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { CommandHost } from '../command.ts';
import { runningSession, type Stage, stageOf } from '../running.ts';

export interface SeatedNpc {
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly muted: boolean;
}

export interface Table {
  readonly session: Live<VoiceSession>;
  readonly stage: Stage;
  /** Its title, else its name. */
  readonly campaign: string;
  /** In the campaign's order. */
  readonly npcs: readonly SeatedNpc[];
  /** Names that are muted and that the campaign does not have, or not any more. */
  readonly strangers: readonly string[];
}

/** Undefined: nothing runs there. */
export function tableOf(
  host: Pick<CommandHost, 'sessions' | 'campaigns'>,
  guildId: string,
): Table | undefined {
  const session = runningSession(host, guildId);
  if (session === undefined) return undefined;
  const { name } = session.spec.campaignRef;
  const campaign = host.campaigns().find(({ metadata }) => metadata.name === name);
  const npcs = campaign?.spec.npcs ?? [];
  const muted = session.spec.mutedNpcs ?? [];
  return {
    session,
    stage: stageOf(session),
    campaign: campaign?.spec.title ?? name,
    npcs: npcs.map(({ name: npc, title = '', aliases = [] }) => ({
      name: npc,
      title,
      aliases,
      muted: muted.includes(npc),
    })),
    strangers: muted.filter((one) => !npcs.some(({ name: npc }) => npc === one)),
  };
}
