import type { GatewaySendPayload } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import type { JoinObstacle } from '../../src/discord/permissions.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import type { CachedVoiceState } from '../discord/guild-cache.ts';
import { Signalling, STATE_WAIT_MS } from './signalling.ts';

const GUILD = '1';
const CHANNEL = '2';
const SESSION = 'uid-1';

function state(sessionId: string, channelId = CHANNEL): CachedVoiceState {
  return {
    userId: '9',
    channelId,
    sessionId,
    selfMute: false,
    selfDeaf: false,
    mute: false,
    deaf: false,
    suppress: false,
  };
}

function setup() {
  const clock = new FakeClock();
  const sent: GatewaySendPayload[] = [];
  const forwarded: GatewayMessage[] = [];
  const ready = { value: true };
  const obstacle: { value: JoinObstacle | undefined } = { value: undefined };
  const signalling = new Signalling({
    guildId: GUILD,
    botUserId: () => '9',
    clock,
    send: (payload) => {
      if (ready.value) sent.push(payload);
      return ready.value;
    },
    forward: (message) => forwarded.push(message),
    obstacle: () => obstacle.value,
  });
  const join = (channelId: string | undefined = CHANNEL) =>
    signalling.request({ guildId: GUILD, channelId, selfMute: false, selfDeaf: false }, SESSION, [CHANNEL]);
  const leave = () =>
    signalling.request(
      { guildId: GUILD, channelId: undefined, selfMute: false, selfDeaf: false },
      SESSION,
      [],
    );
  const told = () => forwarded.splice(0).map(({ $case }) => $case);
  return { clock, sent, ready, obstacle, signalling, join, leave, told, forwarded };
}

describe('order', () => {
  test('STATE, then SERVER', () => {
    const { signalling, join, told } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('a SERVER that comes first waits for its STATE', () => {
    const { signalling, join, told } = setup();
    join();
    signalling.onServer('t1', 'host');
    expect(told()).toEqual([]);
    signalling.onState(state('s1'));
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('on a second join the STATE of the first does not let the SERVER pass', () => {
    const { signalling, join, told, forwarded } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    told();
    join();
    signalling.onServer('t2', 'host');
    expect(told()).toEqual([]);
    signalling.onState(state('s2'));
    expect(forwarded[0]?.value).toMatchObject({ sessionId: 's2' });
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('when Discord sends no STATE because nothing of it changed, the known one is sent with the SERVER', async () => {
    const { clock, signalling, join, told } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    told();
    join();
    signalling.onServer('t2', 'host');
    await clock.advance(STATE_WAIT_MS);
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('a STATE that comes after its SERVER was let pass brings the SERVER once more', async () => {
    const { clock, signalling, join, told } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    join();
    signalling.onServer('t2', 'host');
    await clock.advance(STATE_WAIT_MS);
    told();
    signalling.onState(state('s2'));
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('a SERVER without any STATE waits as long as it takes', async () => {
    const { clock, signalling, join, told } = setup();
    join();
    signalling.onServer('t1', 'host');
    await clock.advance(STATE_WAIT_MS * 10);
    expect(told()).toEqual([]);
    signalling.onState(state('s1'));
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('a server move in the middle of a session is passed on at once', () => {
    const { signalling, join, told } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    told();
    signalling.onServer('t2', null);
    expect(told()).toEqual(['voiceServerUpdate']);
  });
});

describe('replay', () => {
  test('is for the session that joined, and for no other', () => {
    const { signalling, join, told } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    told();
    expect(signalling.canReplay('uid-2')).toBe(false);
    signalling.replay('uid-2');
    expect(told()).toEqual([]);
    signalling.replay(SESSION);
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('ends with the channel, and with a fresh session', () => {
    const { signalling, join } = setup();
    join();
    signalling.onState(state('s1'));
    signalling.onServer('t1', 'host');
    signalling.reset(state('s1'));
    expect(signalling.canReplay(SESSION)).toBe(false);
    signalling.onServer('t2', 'host');
    signalling.onState(undefined);
    expect(signalling.canReplay(SESSION)).toBe(false);
  });
});

describe('requests', () => {
  test('a channel that the session does not cover is refused, and Discord hears nothing', () => {
    const { sent, join, forwarded } = setup();
    join('elsewhere');
    expect(sent).toEqual([]);
    expect(forwarded[0]).toMatchObject({
      $case: 'voiceRefused',
      value: { reason: 'ChannelNotFound', terminal: true },
    });
  });

  test('what cannot work is refused with its reason', () => {
    const { sent, obstacle, join, forwarded } = setup();
    obstacle.value = 'MissingSpeakPermission';
    join();
    expect(sent).toEqual([]);
    expect(forwarded[0]).toMatchObject({ value: { reason: 'MissingSpeakPermission', terminal: true } });
  });

  test.each<[JoinObstacle, RegExp]>([
    ['StageChannel', /stage channel.*ordinary voice channel/],
    ['MissingConnectPermission', /permission "Connect"/],
    ['MissingViewPermission', /permission "View Channel"/],
    ['ChannelFull', /is full/],
  ])('%s is answered at once, with a sentence', (what, sentence) => {
    const { sent, obstacle, join, forwarded } = setup();
    obstacle.value = what;
    join();
    expect(sent).toEqual([]);
    expect(forwarded).toMatchObject([
      { $case: 'voiceRefused', value: { terminal: true, message: expect.stringMatching(sentence) } },
    ]);
  });

  test('a storm is refused with the time to wait', () => {
    const { sent, join, forwarded } = setup();
    for (let count = 0; count < 50; count += 1) join();
    expect(sent).toHaveLength(4);
    expect(forwarded[0]).toMatchObject({
      value: { reason: 'RateLimited', terminal: false, retryAfterMs: 3000 },
    });
  });

  test('while the bot is not connected the latest request waits', () => {
    const { sent, ready, signalling, join } = setup();
    ready.value = false;
    join();
    expect(sent).toEqual([]);
    ready.value = true;
    signalling.onGuildReady();
    signalling.onGuildReady();
    expect(sent).toHaveLength(1);
  });

  test('leaving before the guild is read is sent when the bot turns out to be in a channel, else never', () => {
    const { sent, signalling, leave } = setup();
    leave();
    signalling.reset(state('s0'));
    signalling.onGuildReady();
    expect(sent.map(({ d }) => d)).toMatchObject([{ channel_id: null }]);

    const elsewhere = setup();
    elsewhere.leave();
    elsewhere.signalling.reset(undefined);
    elsewhere.signalling.onGuildReady();
    elsewhere.join();
    elsewhere.signalling.onState(state('s1'));
    elsewhere.signalling.onGuildReady();
    expect(elsewhere.sent.map(({ d }) => d)).toMatchObject([{ channel_id: CHANNEL }]);
  });

  test('leaving is sent once until Discord confirms it, and never when the bot is in no channel', () => {
    const { sent, signalling, join, leave } = setup();
    leave();
    expect(sent).toEqual([]);
    join();
    signalling.onState(state('s1'));
    leave();
    leave();
    expect(sent.map(({ d }) => d)).toMatchObject([{ channel_id: CHANNEL }, { channel_id: null }]);
  });
});

describe('after a restart', () => {
  test("what is restored is nobody's until a worker says that it is connected", () => {
    const { signalling, told } = setup();
    signalling.restore(state('s1'));
    expect([signalling.restored, signalling.isFor(SESSION)]).toEqual([true, false]);
    signalling.adopt(SESSION);
    expect([signalling.restored, signalling.isFor(SESSION)]).toEqual([false, true]);
    expect(told()).toEqual([]);
  });

  test('a SERVER that came meanwhile is for the worker that adopts it', () => {
    const { signalling, told } = setup();
    signalling.restore(state('s1'));
    signalling.onServer('t2', 'host');
    told();
    signalling.adopt(SESSION);
    expect(told()).toEqual(['voiceStateUpdate', 'voiceServerUpdate']);
  });

  test('a join, a fresh session and an empty channel leave nothing to adopt', () => {
    const { signalling, join } = setup();
    signalling.restore(state('s1'));
    join();
    expect(signalling.restored).toBe(false);
    signalling.restore(state('s1'));
    signalling.reset(state('s1'));
    expect(signalling.restored).toBe(false);
    signalling.restore(undefined);
    expect(signalling.restored).toBe(false);
  });
});
