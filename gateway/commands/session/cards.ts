/**
 * Keeps the status cards of a tenant's sessions up to date: one message a session, from its request to its end.
 *
 * Which message it is stands in an annotation of the VoiceSession from the moment that it is created, so a gateway that
 * starts anew goes on with it; that the card shows the end stands there too (ADR 0026). While the interaction's token
 * lives the card is edited with it, afterwards as a message of the bot's own, which needs the permission to see the
 * channel.
 */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Campaign } from '../../../src/api/generated/campaign.ts';
import type { VoiceSession } from '../../../src/api/generated/voicesession.ts';
import { annotations } from '../../../src/api/index.ts';
import { has } from '../../../src/discord/permissions.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import type { GuildCache } from '../../discord/guild-cache.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { type Answer, messageBody } from '../answer.ts';
import { LiveMessage, type LiveMessageClock } from '../live-message.ts';
import type { ChannelCalls, InteractionReply } from '../reply.ts';
import { type Card, type CardContext, cardOf, goneCard } from './card.ts';

/** How long a change may wait that is one of measurements alone, milliseconds. */
export const MEASUREMENTS_MS = 30_000;

export interface StatusCardsOptions {
  readonly guilds: Pick<GuildCache, 'get' | 'botPermissions'>;
  /** Undefined: the bot is not connected now. */
  readonly channels: () => ChannelCalls | undefined;
  readonly campaign: (name: string) => Campaign | undefined;
  /** Reason of the Tenant's Ready condition, unless it is True. */
  readonly tenantReason: () => string | undefined;
  /** Notes on the session that its card shows the end. */
  readonly close: (session: Live<VoiceSession>) => Promise<void>;
  readonly clock: LiveMessageClock;
  readonly log: Logger;
}

interface Followed {
  session: Live<VoiceSession>;
  readonly messageId: string;
  readonly channelId: string;
  readonly reply: InteractionReply | undefined;
  readonly message: LiveMessage;
  /** Of what was shown last. */
  urgent: string;
  /** It was logged that the message cannot be edited. */
  toldBlind: boolean;
  final: boolean;
}

export class StatusCards {
  readonly #options: StatusCardsOptions;
  readonly #followed = new Map<string, Followed>();
  /** Replies whose session is being created, by the interaction's id. */
  readonly #expected = new Map<string, InteractionReply>();
  #closed = false;

  constructor(options: StatusCardsOptions) {
    this.#options = options;
  }

  /** The session that this interaction is about to create shows itself in its reply. */
  expect(interactionId: string, reply: InteractionReply): void {
    this.#expected.set(interactionId, reply);
  }

  /** It was not created after all. */
  forget(interactionId: string): void {
    this.#expected.delete(interactionId);
  }

  /** A session as it is now. */
  onSession(session: Live<VoiceSession>): void {
    if (this.#closed) return;
    const followed = this.#followed.get(session.metadata.uid) ?? this.#follow(session);
    if (followed === undefined) return;
    followed.session = session;
    this.#show(followed, cardOf(session, this.#context(followed)));
  }

  /** The object is gone. */
  onGone(session: Live<VoiceSession>): void {
    const followed = this.#followed.get(session.metadata.uid);
    if (followed === undefined || followed.final) return;
    this.#show(followed, goneCard(session, this.#context(followed)));
  }

  /** Something that cards show beside their session has changed. */
  refresh(): void {
    for (const { session, final } of [...this.#followed.values()]) if (!final) this.onSession(session);
  }

  /** Stops editing; another gateway goes on. */
  close(): void {
    this.#closed = true;
    for (const { message } of this.#followed.values()) message.close();
    this.#followed.clear();
  }

  #follow(session: Live<VoiceSession>): Followed | undefined {
    const { metadata, spec } = session;
    const messageId = metadata.annotations?.[annotations.statusMessage];
    const channelId = spec.textChannelId;
    const closed = metadata.annotations?.[annotations.statusMessageClosed] === 'true';
    if (messageId === undefined || channelId === undefined || closed) return undefined;
    const interactionId = spec.requestedBy?.interactionId ?? '';
    const reply = this.#expected.get(interactionId);
    this.#expected.delete(interactionId);
    const write = async (answer: Answer): Promise<void> => {
      if (reply !== undefined) return await reply.write(answer);
      const channels = this.#options.channels();
      if (channels === undefined) throw new Error('the bot is not connected');
      await channels.editMessage(channelId, messageId, messageBody(answer));
    };
    const { clock } = this.#options;
    const log = this.#options.log.child({ session: metadata.name });
    const followed: Followed = {
      session,
      messageId,
      channelId,
      reply,
      message: new LiveMessage({ clock, log, write }),
      urgent: '',
      toldBlind: false,
      final: false,
    };
    this.#followed.set(metadata.uid, followed);
    return followed;
  }

  #context({ session, channelId }: Followed): CardContext {
    const { guilds, campaign, tenantReason } = this.#options;
    return {
      messages: messagesFor(guilds.get(session.spec.guildId)?.locale),
      campaign: campaign(session.spec.campaignRef.name),
      tenantReason: tenantReason(),
      lasting: this.#sees(session.spec.guildId, channelId),
    };
  }

  #show(followed: Followed, card: Card): void {
    const { session, reply, message, channelId } = followed;
    // Its language is not known before; GUILD_CREATE brings it.
    if (this.#options.guilds.get(session.spec.guildId) === undefined) return;
    const blind = (reply?.tokenExpired ?? true) && !this.#sees(session.spec.guildId, channelId);
    if (blind && !followed.toldBlind) {
      followed.toldBlind = true;
      this.#options.log.warn(
        { session: session.metadata.name, channel: channelId },
        'The status card cannot be edited any more: the bot may not see its channel',
      );
    }
    if (!blind) {
      message.show(card.answer, card.urgent === followed.urgent ? MEASUREMENTS_MS : 0);
      followed.urgent = card.urgent;
    }
    if (!card.final || followed.final) return;
    followed.final = true;
    void this.#finish(followed, blind);
  }

  async #finish(followed: Followed, blind: boolean): Promise<void> {
    const { session, message } = followed;
    await message.settled();
    if (this.#closed) return;
    this.#followed.delete(session.metadata.uid);
    if (blind) return;
    await this.#options.close(session).catch((error: unknown) => {
      this.#options.log.info({ err: error, session: session.metadata.name }, 'A status card was not closed');
    });
  }

  /** Whether the bot sees the channel. Threads are not in the cache: Discord is asked. */
  #sees(guildId: string, channelId: string): boolean {
    const { guilds } = this.#options;
    const guild = guilds.get(guildId);
    const channel = guild?.channels.get(channelId);
    if (guild === undefined || channel === undefined) return true;
    return has(guilds.botPermissions(guild, channel), PermissionFlagsBits.ViewChannel);
  }
}
