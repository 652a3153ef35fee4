/** Who is in the channel, and whose voice counts. */
import type { ChannelMember } from '../src/rpc/generated/skald/v1/gateway.ts';

export class Members {
  private known = new Map<string, ChannelMember>();

  set(members: readonly ChannelMember[]): void {
    this.known = new Map(members.map((member) => [member.userId, member]));
  }

  /** User ids of those in the channel who are no bots. */
  get people(): readonly string[] {
    return [...this.known.values()].filter(({ bot }) => !bot).map(({ userId }) => userId);
  }

  /**
   * Other bots are never heard, or two of them talk to each other for ever. Somebody not listed yet has just joined;
   * where people have to be told that they are heard, they are not heard yet.
   */
  isBot(userId: string): boolean {
    return this.known.get(userId)?.bot ?? false;
  }

  /** May command NPCs aloud, as the gateway says. */
  isGameMaster(userId: string): boolean {
    return this.known.get(userId)?.gameMaster ?? false;
  }

  displayName(userId: string): string {
    return this.known.get(userId)?.displayName || 'Somebody';
  }
}
