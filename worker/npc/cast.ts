/** The session's configuration as the conversation needs it. */
import type { Npc, SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { AddressableNpc } from './addressing.ts';
import type { PersonaNpc, PromptWorld } from './prompt.ts';

export class Cast {
  private readonly configuration: SessionConfiguration;
  private readonly npcs: readonly Npc[];
  /** Names of the NPCs that stay silent. */
  readonly muted: ReadonlySet<string>;

  constructor(configuration: SessionConfiguration) {
    this.configuration = configuration;
    this.npcs = configuration.campaign?.npcs ?? [];
    this.muted = new Set(configuration.mutedNpcs);
  }

  get language(): string {
    return this.configuration.campaign?.language ?? '';
  }

  /** Nobody of them may talk. */
  get allMuted(): boolean {
    return this.npcs.length > 0 && this.npcs.every(({ name }) => this.muted.has(name));
  }

  npc(name: string): Npc | undefined {
    return this.npcs.find((npc) => npc.name === name);
  }

  /** Whose voice says what is nobody's line; undefined: the campaign has no NPC. */
  announcer(): Npc | undefined {
    return this.npcs.find((npc) => npc.gameMasterHelper) ?? this.npcs[0];
  }

  addressable(): readonly AddressableNpc[] {
    return this.npcs.map((npc) => ({
      name: npc.name,
      title: npc.title,
      aliases: npc.aliases,
      addressOnly: npc.addressOnly,
      muted: this.muted.has(npc.name),
    }));
  }

  persona(npc: Npc): PersonaNpc {
    const { name, title, personality, rules, secrets, budget, gameMasterHelper } = npc;
    return { name, title, personality, rules, secrets, budget, gameMasterHelper };
  }

  /** What an NPC may know: entities whose knowledge scopes are open or its own. */
  world(npc: Npc): PromptWorld {
    const { campaign } = this.configuration;
    return {
      campaignTitle: campaign?.title ?? '',
      campaignDescription: campaign?.description ?? '',
      language: this.language,
      otherNpcs: this.npcs.filter((other) => other !== npc).map((other) => other.name),
      characters: (campaign?.players ?? []).map((player) => player.character).filter((name) => name !== ''),
      entities: (campaign?.entities ?? []).filter(
        (entity) =>
          entity.knowledge.length === 0 || entity.knowledge.some((scope) => npc.knowledge.includes(scope)),
      ),
    };
  }

  /** The character a person plays; undefined: none is known. */
  characterOf(userId: string): string | undefined {
    const player = this.configuration.campaign?.players.find((other) => other.discordUserId === userId);
    return player === undefined || player.character === '' ? undefined : player.character;
  }

  optedOut(userId: string): boolean {
    return this.configuration.campaign?.players.some((p) => p.discordUserId === userId && p.optOut) ?? false;
  }

  /** What speech recognition should expect to hear. */
  names(): readonly string[] {
    const names = this.npcs.flatMap((npc) => [npc.name, ...npc.aliases]);
    const characters = (this.configuration.campaign?.players ?? []).map((player) => player.character);
    const places = (this.configuration.campaign?.entities ?? []).map((entity) => entity.name);
    return [...new Set([...names, ...characters, ...places].filter((name) => name !== ''))];
  }
}
