/** Who is in the channel, and whose voice counts. */
import type { ChannelMember } from '../src/rpc/generated/skald/v1/gateway.ts';

export class Members {
  private known = new Map<string, ChannelMember>();

  set(members: readonly ChannelMember[]): void {
    this.known = new Map(members.map((member) => [member.userId, member]));
  }

  /**
   * Other bots are never heard, or two of them talk to each other for ever. Somebody not listed yet has just
   * joined: the list follows within moments, and a person's first word matters more.
   */
  isBot(userId: string): boolean {
    return this.known.get(userId)?.bot ?? false;
  }

  displayName(userId: string): string {
    return this.known.get(userId)?.displayName || 'Somebody';
  }
}
