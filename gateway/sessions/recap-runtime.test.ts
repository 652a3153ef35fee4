// A Recap beside a table on the same Discord server: its worker is in no channel, and what happens there is not its own.
import { expect, test } from 'vitest';
import type { VoiceSessionVoice } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import { WorkerReport, WorkerState } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { Signalling } from '../voice/signalling.ts';
import { aCampaign, aSession, aTenant } from './fixtures.ts';
import { SessionRuntime } from './session-runtime.ts';
import { EMPTY_CHANNEL_MS } from './stop-rule.ts';

const CHANNEL = '100000000000000002';

function setup() {
  const clock = new FakeClock();
  const session = aSession({ spec: { mode: 'Recap', recapOf: 'night-0' } });
  const written: VoiceSessionVoice[] = [];
  const requested: unknown[] = [];
  const signalling = new Signalling({
    guildId: session.spec.guildId,
    botUserId: () => '9',
    clock,
    send: (payload) => requested.push(payload) > 0,
    forward: () => {},
    obstacle: () => undefined,
  });
  const runtime = new SessionRuntime(session, {
    client: {
      applyStatus: async (_resource, object) => {
        const { status } = object as { status?: { voice?: VoiceSessionVoice } };
        if (status?.voice !== undefined) written.push(status.voice);
        const answer: unknown = object;
        return answer as never;
      },
    },
    clock,
    log: silentLogger(),
    signalling,
    botUserId: () => '9',
    tenant: () => aTenant(),
    campaign: () => aCampaign(),
    optOuts: () => new Set(),
    entities: () => ({ entities: [], missing: false }),
    write: async () => {},
    // The table has gone home.
    members: () => [{ userId: '9', displayName: 'bot', bot: true, roles: [] }],
    gameMaster: () => false,
    setMutes: async () => undefined,
  });
  const sent: GatewayMessage[] = [];
  const stream = {
    send: (message: GatewayMessage) => void sent.push(message),
    end: () => {},
    handOverTo: () => {},
    hold: () => () => {},
  };
  runtime.attach(stream, { protocolVersion: 1, podName: 'p', podUid: 'pod-1', buildSha: '' });
  return { clock, runtime, stream, sent, written, requested, signalling };
}

/** The table's bot is in its channel. */
function tableJoins(signalling: Signalling): void {
  const flags = { selfMute: false, selfDeaf: false, mute: false, deaf: false, suppress: false };
  signalling.onState({ userId: '9', channelId: CHANNEL, sessionId: 's1', ...flags });
}

test('its worker is told what to summarise, and of no channel', () => {
  const { sent, runtime, signalling } = setup();
  tableJoins(signalling);
  runtime.onChannelChange();
  runtime.onFreshDiscordSession();
  expect(sent).toMatchObject([
    { $case: 'configure', value: { session: { recapOf: 'night-0', voiceChannelId: CHANNEL } } },
  ]);
});

test('the table’s empty channel does not end it', () => {
  const { sent, runtime, signalling, clock } = setup();
  tableJoins(signalling);
  runtime.onChannelChange();
  clock.advance(2 * EMPTY_CHANNEL_MS);
  runtime.onChannelChange();
  expect(sent.map(({ $case }) => $case)).toEqual(['configure']);
});

test('its worker moves nobody’s bot', () => {
  const { runtime, stream, requested } = setup();
  const value = { guildId: '100000000000000001', channelId: CHANNEL, selfMute: false, selfDeaf: false };
  runtime.receive(stream, { $case: 'voiceStateRequest', value });
  expect(requested).toEqual([]);
});

test('it is Listening without a connection while the recap is being written, and stopped as it asks', async () => {
  const { runtime, stream, sent, written, clock } = setup();
  runtime.receive(stream, { $case: 'report', value: WorkerReport.create({ state: WorkerState.RUNNING }) });
  await clock.advance(0);
  expect(written.at(-1)).toMatchObject({ state: 'Listening', connected: false });
  const value = { reason: 'Completed', message: 'The recap of night-0 is written.' };
  runtime.receive(stream, { $case: 'stopRequest', value });
  expect(sent.at(-1)).toEqual({ $case: 'stop', value });
});
