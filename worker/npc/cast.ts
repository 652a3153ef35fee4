/** The session's configuration as the conversation needs it. */
import type { Entity, Npc, SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { AddressableNpc } from './addressing.ts';
import { type Confidential, confidentialTo } from './moderation/confidential.ts';
import { type PersonaNpc, type PromptWorld, worldBudget } from './prompt.ts';
import { fitting } from './recollection/fitting.ts';
import { type Choice, World } from './recollection/world.ts';

/** Of all names together, characters. */
const MOST_NAMES = 2_000;

export class Cast {
  private readonly configuration: SessionConfiguration;
  private readonly npcs: readonly Npc[];
  /** Names of the NPCs that stay silent. */
  readonly muted: ReadonlySet<string>;
  private readonly entities: World;
  /** By NPC: made when it first answers. */
  private readonly kept = new Map<string, Confidential>();

  constructor(configuration: SessionConfiguration) {
    this.configuration = configuration;
    this.npcs = configuration.campaign?.npcs ?? [];
    this.muted = new Set(configuration.mutedNpcs);
    this.entities = new World(configuration.campaign?.entities ?? []);
  }

  /** The same, with others who stay silent. */
  withMuted(mutedNpcs: readonly string[]): Cast {
    return new Cast({ ...this.configuration, mutedNpcs: [...mutedNpcs] });
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

  /** What an NPC is told for an answer: of what it may know of the campaign, what the conversation is about. */
  world(npc: Npc, choice: Omit<Choice, 'budget'> = { heard: [], words: [] }): PromptWorld {
    const { campaign } = this.configuration;
    return {
      campaignTitle: campaign?.title ?? '',
      campaignDescription: campaign?.description ?? '',
      language: this.language,
      otherNpcs: this.npcs.filter((other) => other !== npc).map((other) => other.name),
      characters: (campaign?.players ?? []).map((player) => player.character).filter((name) => name !== ''),
      entities: this.entities.tell(npc, { ...choice, budget: worldBudget(npc) }),
    };
  }

  /** What the NPC knows about something, the best first. */
  about(npc: Npc, choice: Choice): readonly Entity[] {
    return this.entities.about(npc, choice);
  }

  /** Said instead of an answer of which nothing may be; empty: nothing is. */
  get withheldLine(): string {
    return this.configuration.withheldLine;
  }

  /** What others keep to themselves, and what this NPC may tell although they do. */
  confidential(npc: Npc): Confidential {
    const kept = this.kept.get(npc.name);
    if (kept !== undefined) return kept;
    const known = new Set(this.entities.knownTo(npc));
    const others = this.npcs.filter((other) => other !== npc).flatMap(({ secrets }) => secrets);
    const unknown = (this.configuration.campaign?.entities ?? []).filter((entity) => !known.has(entity));
    const confidential = confidentialTo({
      foreign: [...others, ...unknown.map(({ description }) => description)],
      own: [...npc.secrets, ...[...known].map(({ description }) => description)],
    });
    this.kept.set(npc.name, confidential);
    return confidential;
  }

  /** The character a person plays; undefined: none is known. */
  characterOf(userId: string): string | undefined {
    const player = this.configuration.campaign?.players.find((other) => other.discordUserId === userId);
    return player === undefined || player.character === '' ? undefined : player.character;
  }

  optedOut(userId: string): boolean {
    return this.configuration.campaign?.players.some((p) => p.discordUserId === userId && p.optOut) ?? false;
  }

  /** User ids whose words nobody remembers; undefined: it is not known, so nobody's are. */
  get forgotten(): readonly string[] | undefined {
    if (this.configuration.hearNobody) return undefined;
    return (this.configuration.campaign?.players ?? [])
      .filter((player) => player.optOut)
      .map((player) => player.discordUserId);
  }

  /** What speech recognition should expect to hear: characters first, of the world as much as a recogniser takes. */
  names(): readonly string[] {
    const names = this.npcs.flatMap((npc) => [npc.name, ...npc.aliases]);
    const characters = (this.configuration.campaign?.players ?? []).map((player) => player.character);
    const places = (this.configuration.campaign?.entities ?? []).map((entity) => entity.name);
    const known = [...new Set([...names, ...characters, ...places])].filter((name) => name !== '');
    return fitting(known, MOST_NAMES, (name) => name.length + 2);
  }
}
