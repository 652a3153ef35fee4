import { DiscordAPIError } from '@discordjs/rest';
import { ChannelType, type GatewayDispatchPayload, PermissionFlagsBits } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { annotations, type VoiceSession } from '../../../src/api/index.ts';
import { FakeClock } from '../../../src/kube/fake-clock.ts';
import type { Live } from '../../../src/kube/index.ts';
import { createLogger, silentLogger } from '../../../src/telemetry/log.ts';
import { GuildCache } from '../../discord/guild-cache.ts';
import { aCampaign, aSession } from '../../sessions/fixtures.ts';
import { type Call, GUILD, recordingApi, TEXT_CHANNEL } from '../fixtures.ts';
import { EDIT_INTERVAL_MS } from '../live-message.ts';
import { InteractionReply, TOKEN_LIFETIME_MS } from '../reply.ts';
import { MEASUREMENTS_MS, StatusCards } from './cards.ts';

/** The guild as Discord tells it. @param everyone what @everyone may do */
function guildCreate(everyone: bigint): GatewayDispatchPayload {
  const value: unknown = {
    op: 0,
    s: 1,
    t: 'GUILD_CREATE',
    d: {
      id: GUILD,
      name: 'Tavern',
      owner_id: '1',
      preferred_locale: 'en-US',
      roles: [{ id: GUILD, permissions: everyone.toString() }],
      channels: [{ id: TEXT_CHANNEL, name: 'chat', type: ChannelType.GuildText }],
      members: [],
      voice_states: [],
    },
  };
  return value as GatewayDispatchPayload;
}

function setup(change: { readonly known?: boolean; readonly everyone?: bigint } = {}) {
  const clock = new FakeClock();
  const state: { failWith: { status: number; code: number; only?: Call['kind'] } | undefined; log: string } =
    {
      failWith: undefined,
      log: '',
    };
  const { api, calls } = recordingApi((kind) => {
    const { failWith } = state;
    if (failWith === undefined || (kind !== 'edit' && kind !== 'editMessage')) return undefined;
    if (failWith.only !== undefined && failWith.only !== kind) return undefined;
    const raw = { code: failWith.code, message: 'no' };
    return new DiscordAPIError(raw, failWith.code, failWith.status, 'PATCH', 'https://discord.invalid', {
      body: undefined,
      files: undefined,
    });
  });
  const guilds = new GuildCache();
  guilds.reset('9', [GUILD]);
  if (change.known !== false) guilds.apply(guildCreate(change.everyone ?? PermissionFlagsBits.ViewChannel));
  const closed: string[] = [];
  const cards = new StatusCards({
    guilds,
    channels: () => api.channels,
    campaign: () => aCampaign({ title: 'The Long Night' }),
    tenantReason: () => undefined,
    close: async ({ metadata }) => void closed.push(metadata.name),
    clock,
    log: createLogger({
      name: 'test',
      level: 'debug',
      destination: {
        write: (line) => {
          state.log += line;
        },
      },
    }),
  });
  const reply = new InteractionReply({
    ...api,
    applicationId: '1',
    interaction: { id: '7', token: 'secret' },
    channelId: TEXT_CHANNEL,
    clock,
    log: silentLogger(),
  });
  const edits = (): { kind: Call['kind']; text: string }[] =>
    calls.flatMap((call) =>
      'body' in call
        ? [{ kind: call.kind, text: call.body.embeds[0]?.description?.split('\n')[0] ?? '' }]
        : [],
    );
  return { clock, guilds, cards, reply, closed, edits, state };
}

/** A session from Discord whose card is message-1. */
function session(
  status: VoiceSession['status'] = {},
  noted: Record<string, string> = {},
): Live<VoiceSession> {
  const made = aSession({
    spec: {
      textChannelId: TEXT_CHANNEL,
      requestedBy: { userId: '8', displayName: 'Sam', interactionId: '7' },
    },
    status,
  });
  return {
    ...made,
    metadata: { ...made.metadata, annotations: { [annotations.statusMessage]: 'message-1', ...noted } },
  };
}

const PROVISIONING = 'The voice is being prepared…';
const JOINING = 'I am joining <#100000000000000002>…';
const LISTENING = 'The characters are listening in <#100000000000000002>.';
const ENDED = 'The session has ended.';

describe('a card follows its session', () => {
  test('in the reply, at once, then at most once a second and always to the newest state', async () => {
    const { clock, cards, reply, edits } = setup();
    await reply.defer();
    cards.expect('7', reply);
    cards.onSession(session({ phase: 'Provisioning' }));
    await clock.advance(0);
    cards.onSession(session({ phase: 'Connecting' }));
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS - 1);
    expect(edits()).toEqual([{ kind: 'edit', text: PROVISIONING }]);
    await clock.advance(1);
    expect(edits().at(-1)).toEqual({ kind: 'edit', text: LISTENING });
    expect(edits()).toHaveLength(2);
  });

  test('measurements wait, and go along with what people wait to see', async () => {
    const { clock, cards, edits } = setup();
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(0);
    cards.onSession(session({ phase: 'Active', voice: { responseP50Ms: 900 } }));
    await clock.advance(MEASUREMENTS_MS - 1);
    expect(edits()).toHaveLength(1);
    await clock.advance(1);
    expect(edits()).toHaveLength(2);
    cards.onSession(session({ phase: 'Active', voice: { responseP50Ms: 950 } }));
    cards.onSession(session({ phase: 'Connecting' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toHaveLength(3);
  });

  test('after fifteen minutes as a message of the bot', async () => {
    const { clock, cards, reply, edits } = setup();
    await reply.defer();
    cards.expect('7', reply);
    cards.onSession(session({ phase: 'Provisioning' }));
    await clock.advance(TOKEN_LIFETIME_MS);
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits().at(-1)).toEqual({ kind: 'editMessage', text: LISTENING });
  });

  test('sooner, when Discord no longer takes the token', async () => {
    const { clock, cards, reply, edits, state } = setup();
    await reply.defer();
    cards.expect('7', reply);
    cards.onSession(session({ phase: 'Provisioning' }));
    await clock.advance(0);
    state.failWith = { status: 401, code: 50027, only: 'edit' };
    cards.onSession(session({ phase: 'Connecting' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits().at(-1)).toEqual({ kind: 'editMessage', text: JOINING });
  });

  test('in a gateway that starts anew, from what the session tells', async () => {
    const { clock, cards, edits } = setup();
    cards.onSession(session({ phase: 'Connecting' }));
    await clock.advance(0);
    expect(edits()).toEqual([{ kind: 'editMessage', text: JOINING }]);
  });

  test('not before the language of the server is known', async () => {
    const { clock, guilds, cards, edits } = setup({ known: false });
    cards.onSession(session({ phase: 'Connecting' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toEqual([]);
    guilds.apply(guildCreate(PermissionFlagsBits.ViewChannel));
    cards.refresh();
    await clock.advance(0);
    expect(edits()).toHaveLength(1);
  });

  test('sessions from elsewhere have none', async () => {
    const { clock, cards, edits } = setup();
    cards.onSession(aSession({ status: { phase: 'Active' } }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toEqual([]);
  });
});

describe('the end', () => {
  test('is shown and noted, once', async () => {
    const { clock, cards, edits, closed } = setup();
    cards.onSession(session({ phase: 'Ended', endReason: 'Requested' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toEqual([{ kind: 'editMessage', text: ENDED }]);
    expect(closed).toEqual(['night-1']);
    cards.onSession(session({ phase: 'Ended' }, { [annotations.statusMessageClosed]: 'true' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toHaveLength(1);
  });

  test('that nobody saw, because no gateway was there, is shown by the next one', async () => {
    const { clock, cards, edits, state, closed } = setup();
    state.failWith = { status: 503, code: 0 };
    cards.onSession(session({ phase: 'Ended', endReason: 'Requested' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(closed).toEqual([]);
    state.failWith = undefined;
    await clock.advance(EDIT_INTERVAL_MS * 4);
    expect(edits()).toEqual([{ kind: 'editMessage', text: ENDED }]);
    expect(closed).toEqual(['night-1']);
  });

  test('is not noted by a gateway that closes before it could show it', async () => {
    const { clock, cards, state, closed } = setup();
    state.failWith = { status: 503, code: 0 };
    cards.onSession(session({ phase: 'Ended' }));
    await clock.advance(EDIT_INTERVAL_MS);
    cards.close();
    await clock.advance(EDIT_INTERVAL_MS * 10);
    expect(closed).toEqual([]);
  });

  test('of one that was deleted is shown', async () => {
    const { clock, cards, edits } = setup();
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS);
    cards.onGone(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits().at(-1)?.text).toContain('it was deleted');
  });

  test('a message that somebody deleted is left alone', async () => {
    const { clock, cards, edits, state, closed } = setup();
    state.failWith = { status: 404, code: 10008 };
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS);
    state.failWith = undefined;
    cards.onSession(session({ phase: 'Ended' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toEqual([]);
    expect(closed).toEqual(['night-1']);
  });
});

describe('where the bot does not see the channel', () => {
  test('the card says so while it can, and the log once when it cannot any more', async () => {
    const { clock, guilds, cards, reply, edits, state } = setup({ everyone: 0n });
    await reply.defer();
    cards.expect('7', reply);
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(0);
    expect(edits()).toHaveLength(1);
    await clock.advance(TOKEN_LIFETIME_MS);
    cards.onSession(session({ phase: 'Degraded' }));
    cards.onSession(session({ phase: 'Active' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toHaveLength(1);
    expect(state.log.match(/may not see its channel/g)).toHaveLength(1);
    guilds.apply(guildCreate(PermissionFlagsBits.ViewChannel));
    cards.refresh();
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits().at(-1)?.kind).toBe('editMessage');
  });

  test('an end that could not be shown is not noted: the next gateway may see the channel', async () => {
    const { clock, cards, edits, closed } = setup({ everyone: 0n });
    cards.onSession(session({ phase: 'Ended' }));
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits()).toEqual([]);
    expect(closed).toEqual([]);
  });
});
