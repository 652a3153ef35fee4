import { describe, expect, test } from 'vitest';
import type { VoiceSession, VoiceSessionVoice } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { Live } from '../../src/kube/index.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import { WorkerReport, WorkerState } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import type { CachedMember, CachedVoiceState } from '../discord/guild-cache.ts';
import type { KnownEntities } from '../entities/campaign-entities.ts';
import type { MuteChange } from '../tenants/session-store.ts';
import { Signalling } from '../voice/signalling.ts';
import { aCampaign, aSession, aTenant } from './fixtures.ts';
import { SessionRuntime, type SessionRuntimeOptions } from './session-runtime.ts';
import { DETACH_GRACE_MS, STATUS_INTERVAL_MS } from './voice-status.ts';
import type { WorkerStream } from './worker-call.ts';

const CHANNEL = '100000000000000002';
const hello = { protocolVersion: 1, podName: 'p', podUid: 'pod-1', buildSha: '' };
const bot: CachedMember = { userId: '9', displayName: 'bot', bot: true, roles: [] };
const sam: CachedMember = { userId: '8', displayName: 'Sam', bot: false, roles: [] };

function inChannel(channelId = CHANNEL): CachedVoiceState {
  const flags = { selfMute: false, selfDeaf: false, mute: false, deaf: false, suppress: false };
  return { userId: '9', channelId, sessionId: 's1', ...flags };
}

class Stream implements WorkerStream {
  readonly sent: GatewayMessage[] = [];
  ended: number | undefined;
  successor: WorkerStream | undefined;
  readonly #runtime: SessionRuntime | undefined;

  /** @param runtime is told of the end, as the real stream does */
  constructor(runtime?: SessionRuntime) {
    this.#runtime = runtime;
  }

  send(message: GatewayMessage): void {
    this.sent.push(message);
  }

  end(code = 0): void {
    this.ended = code;
    this.#runtime?.detach(this);
  }

  handOverTo(next: WorkerStream): void {
    this.successor = next;
  }

  hold(): () => void {
    return () => {};
  }

  get cases(): string[] {
    return this.sent.map(({ $case }) => $case);
  }
}

function setup(session: Live<VoiceSession> = aSession(), campaign = aCampaign()) {
  const clock = new FakeClock();
  const written: VoiceSessionVoice[] = [];
  const members = { value: [bot, sam] };
  const gameMasters = new Set<string>();
  const mutes: MuteChange[] = [];
  const texts: { channelId: string; text: string; mentions: readonly string[] }[] = [];
  const closedChannels = new Set<string>();
  const current: {
    campaign: ReturnType<typeof aCampaign> | undefined;
    entities: KnownEntities | undefined;
  } = { campaign, entities: { entities: [], missing: false } };
  const client: SessionRuntimeOptions['client'] = {
    applyStatus: async (_resource, object) => {
      const { status } = object as { status?: { voice?: VoiceSessionVoice } };
      if (status?.voice !== undefined) written.push(status.voice);
      const answer: unknown = object;
      return answer as never;
    },
  };
  const runtimes: SessionRuntime[] = [];
  const signalling = new Signalling({
    guildId: session.spec.guildId,
    botUserId: () => '9',
    clock,
    send: () => true,
    forward: (message) => runtimes[0]?.send(message),
    obstacle: () => undefined,
  });
  const runtime = new SessionRuntime(session, {
    client,
    clock,
    log: silentLogger(),
    signalling,
    botUserId: () => '9',
    tenant: () => aTenant(),
    campaign: () => current.campaign,
    optOuts: () => new Set(),
    entities: () => current.entities,
    members: () => members.value,
    gameMaster: (userId) => gameMasters.has(userId),
    setMutes: async (_, change) => void mutes.push(change),
    write: async (channelId, text, mentions) => {
      if (closedChannels.has(channelId)) throw new Error('Missing Access');
      texts.push({ channelId, text, mentions });
    },
  });
  runtimes.push(runtime);
  const attach = (podUid = 'pod-1') => {
    const stream = new Stream();
    runtime.attach(stream, { ...hello, podUid });
    return stream;
  };
  const join = (stream: Stream) => {
    const value = { guildId: session.spec.guildId, channelId: CHANNEL, selfMute: false, selfDeaf: false };
    runtime.receive(stream, { $case: 'voiceStateRequest', value });
    signalling.onState(inChannel());
    signalling.onServer('t1', 'host');
    runtime.onChannelChange();
  };
  const report = (stream: Stream, change: Partial<WorkerReport> = {}) =>
    runtime.receive(stream, {
      $case: 'report',
      value: WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected: true, ...change }),
    });
  return {
    clock,
    current,
    written,
    members,
    gameMasters,
    mutes,
    texts,
    closedChannels,
    signalling,
    runtime,
    attach,
    join,
    report,
  };
}

test('a new worker is configured, and neither given a voice session nor asked to join', () => {
  const { attach } = setup();
  expect(attach().cases).toEqual(['configure', 'channelMembers']);
});

describe('a stream that takes over', () => {
  const takesOver = { ...hello, takesOver: true };

  test('goes on where the other one stops: nothing is said again', () => {
    const { attach, join, runtime, signalling, written, report } = setup();
    const first = attach();
    join(first);
    const second = new Stream();
    expect(runtime.attach(second, takesOver)).toBe('resumed');
    expect(second.cases).toEqual(['resumed']);
    expect(first.successor).toBe(second);
    expect(first.ended).toBeUndefined();
    const before = first.sent.length;
    signalling.onServer('t2', 'elsewhere');
    expect(second.cases).toEqual(['resumed', 'voiceServerUpdate']);
    expect(first.sent).toHaveLength(before);
    // The last words of the old stream count, and its end says nothing about the session.
    report(first);
    expect(written.at(-1)).toMatchObject({ state: 'Listening' });
    runtime.detach(first);
    expect(runtime.attachedPodUid).toBe('pod-1');
  });

  test('what comes on the old stream after its end is nobody’s', () => {
    const { attach, runtime, written, report } = setup();
    const first = attach();
    runtime.attach(new Stream(), takesOver);
    runtime.detach(first);
    report(first);
    expect(written).toEqual([]);
  });

  test('is an ordinary one when there is nothing to take over, and of another pod', () => {
    const { attach, runtime } = setup();
    const alone = new Stream();
    expect(runtime.attach(alone, takesOver)).toBe('attached');
    expect(alone.cases).toEqual(['configure', 'channelMembers']);
    const other = new Stream();
    expect(runtime.attach(other, { ...takesOver, podUid: 'pod-2' })).toBe('attached');
    expect(alone.ended).toBe(14);
    expect(attach('pod-2').cases[0]).toBe('configure');
  });

  test('may itself be taken over before the first one was read to its end', () => {
    const { attach, runtime, report, written } = setup();
    const [first, second, third] = [attach(), new Stream(), new Stream()];
    runtime.attach(second, takesOver);
    runtime.attach(third, takesOver);
    expect([first.successor, second.successor]).toEqual([second, third]);
    report(first);
    runtime.detach(first);
    report(second, { state: WorkerState.DEGRADED, reason: 'SpeechToTextUnavailable' });
    expect(written.at(-1)?.state).toBe('Listening');
    runtime.detach(second);
    expect(runtime.attachedPodUid).toBe('pod-1');
    runtime.close(0, '');
    expect(third.ended).toBe(0);
  });
});

test('the same configuration is not sent twice, a changed one is', () => {
  const { attach, runtime } = setup();
  const stream = attach();
  runtime.onSession(aSession({ status: { phase: 'Active' } }));
  expect(stream.cases.filter((kind) => kind === 'configure')).toHaveLength(1);
  runtime.onSession(aSession({ spec: { mutedNpcs: ['Bart'] } }));
  expect(stream.cases.filter((kind) => kind === 'configure')).toHaveLength(2);
});

describe('a Campaign that the operator has not approved', () => {
  const strange = { providers: { llm: { baseURL: 'https://elsewhere.example/v1' } } };
  const urls = (stream: Stream) =>
    stream.sent.flatMap((message) =>
      message.$case === 'configure' ? [message.value.session?.llm?.baseUrl] : [],
    );

  test.each([
    ['is refused', aCampaign(strange, { status: 'False', of: 2, generation: 2 })],
    ['was changed since it was looked at', aCampaign(strange, { of: 1, generation: 2 })],
  ])('when it %s, leaves a running worker what it has', (_, campaign) => {
    const { attach, current, runtime } = setup();
    const stream = attach();
    current.campaign = campaign;
    runtime.onConfiguration();
    runtime.onSession(aSession({ spec: { mutedNpcs: ['Bart'] } }));
    // The mute arrives, the address does not; nor does it when the worker dials anew.
    expect(urls(stream)).toEqual(['', '']);
    expect(urls(attach())).toEqual(['']);
    current.campaign = aCampaign(strange, { of: 2, generation: 2 });
    runtime.onConfiguration();
    expect(urls(attach())).toEqual(['https://elsewhere.example/v1']);
  });

  test('keeps a new worker waiting until it is approved, and stoppable meanwhile', () => {
    const { attach, current, runtime } = setup(aSession(), aCampaign(strange, { generation: 2 }));
    const stream = attach();
    expect(stream.ended).toBeUndefined();
    expect(stream.cases).not.toContain('configure');
    current.campaign = aCampaign(strange, { generation: 2, of: 2 });
    runtime.onConfiguration();
    expect(stream.cases.slice(-2)).toEqual(['configure', 'channelMembers']);

    const other = setup(aSession(), aCampaign({}, { status: 'False' }));
    const waiting = other.attach();
    other.runtime.onSession(aSession({ spec: { desiredState: 'Stopped' } }));
    expect(waiting.cases).toEqual(['stop']);
  });

  test('does not decide whether a move ends the session', () => {
    const { attach, join, signalling, runtime, current } = setup();
    const stream = attach();
    join(stream);
    current.campaign = aCampaign({ onVoiceChannelMoved: 'End' }, { generation: 2 });
    signalling.onState(inChannel('100000000000000077'));
    runtime.onChannelChange();
    expect(stream.cases).not.toContain('stop');
  });
});

test('a campaign that is deleted takes nothing away, not even from a worker that comes back', () => {
  const { attach, current } = setup();
  attach();
  current.campaign = undefined;
  expect(attach().cases).toContain('configure');
});

test('a worker that lost an earlier gateway is asked to join again', () => {
  const { attach } = setup(aSession({ status: { voice: { connected: true, state: 'Listening' } } }));
  expect(attach().cases).toEqual(['configure', 'rejoinVoice', 'channelMembers']);
});

test('a worker that an earlier gateway had, and Discord has not let go of, is asked nothing when it is connected', () => {
  const { attach, report, signalling } = setup(
    aSession({ status: { voice: { connected: true, state: 'Listening' } } }),
  );
  signalling.restore(inChannel());
  const stream = attach();
  report(stream, { voiceConnected: true });
  expect(stream.cases).toEqual(['configure', 'channelMembers']);
  // It was its own connection that ended, later: nothing is asked for that either.
  report(stream, { voiceConnected: false });
  expect(stream.cases).toEqual(['configure', 'channelMembers']);
});

test('such a worker joins again when it is not connected', () => {
  const { attach, report, signalling } = setup(
    aSession({ status: { voice: { connected: true, state: 'Listening' } } }),
  );
  signalling.restore(inChannel());
  const stream = attach();
  report(stream, { voiceConnected: false });
  expect(stream.cases).toEqual(['configure', 'channelMembers', 'rejoinVoice']);
});

test('a worker that comes back to be stopped is not asked to join first', () => {
  const { attach } = setup(
    aSession({
      spec: { desiredState: 'Stopped' },
      status: { voice: { connected: true, state: 'Listening' } },
    }),
  );
  expect(attach().cases).toEqual(['configure', 'stop']);
});

test('a message of a stream that was replaced counts for nothing', () => {
  const { attach, runtime, report, written } = setup();
  const old = attach();
  const stream = attach();
  expect(old.ended).toBe(14);
  report(old);
  runtime.detach(old);
  expect(written).toEqual([]);
  expect(runtime.attachedPodUid).toBe('pod-1');
  expect(stream.ended).toBeUndefined();
});

test('what is closed waits for nothing: a timer would keep the process, and its pod, alive', () => {
  const { clock, runtime } = setup();
  const stream = new Stream(runtime);
  runtime.attach(stream, hello);
  runtime.close(14, 'this gateway stops');
  expect(stream.ended).toBe(14);
  expect(clock.pendingTimers).toBe(0);
});

describe('the channel', () => {
  test('without a human for a minute ends the session, once', async () => {
    const { clock, attach, join, members, runtime } = setup();
    const stream = attach();
    join(stream);
    members.value = [bot];
    runtime.onChannelChange();
    await clock.advance(59_000);
    expect(stream.cases).not.toContain('stop');
    await clock.advance(1_000);
    runtime.onChannelChange();
    expect(stream.sent.filter(({ $case }) => $case === 'stop')).toMatchObject([
      { value: { reason: 'ChannelEmpty' } },
    ]);
  });

  test('to which the bot was moved is followed, or ends the session, as the campaign says', () => {
    for (const [onVoiceChannelMoved, ends] of [
      ['Follow', false],
      ['End', true],
    ] as const) {
      const { attach, join, signalling, runtime } = setup(aSession(), aCampaign({ onVoiceChannelMoved }));
      const stream = attach();
      join(stream);
      signalling.onState(inChannel('100000000000000077'));
      runtime.onChannelChange();
      expect(stream.cases.includes('stop')).toBe(ends);
    }
  });

  test('members are told when they change, and only then', () => {
    const { attach, join, members, runtime } = setup();
    const stream = attach();
    join(stream);
    const before = stream.sent.length;
    runtime.onChannelChange();
    expect(stream.sent).toHaveLength(before);
    members.value = [bot];
    runtime.onChannelChange();
    expect(stream.sent.at(-1)).toMatchObject({
      $case: 'channelMembers',
      value: { members: [{ userId: '9' }] },
    });
  });
});

describe('a command that was spoken', () => {
  const command = { userId: sam.userId, mute: ['Bart', 'Nobody'], unmute: [] };

  test('is done for a game master who is there, with NPCs that are there', () => {
    const { attach, join, gameMasters, mutes, runtime } = setup();
    gameMasters.add(sam.userId);
    const stream = attach();
    join(stream);
    expect(stream.sent.at(-1)).toMatchObject({
      $case: 'channelMembers',
      value: { members: [{ gameMaster: false }, { userId: sam.userId, gameMaster: true }] },
    });
    runtime.receive(stream, { $case: 'npcCommand', value: command });
    expect(mutes).toEqual([{ mute: ['Bart'], unmute: [] }]);
  });

  test('is not done because a worker says so', () => {
    const { attach, join, gameMasters, members, mutes, runtime } = setup();
    const stream = attach();
    join(stream);
    runtime.receive(stream, { $case: 'npcCommand', value: command });
    gameMasters.add(sam.userId);
    members.value = [bot];
    runtime.receive(stream, { $case: 'npcCommand', value: command });
    expect(mutes).toEqual([]);
  });

  test('who may give one is told again when the Tenant changes', () => {
    const { attach, join, gameMasters, runtime } = setup();
    const stream = attach();
    join(stream);
    gameMasters.add(sam.userId);
    runtime.onConfiguration();
    expect(stream.sent.at(-1)).toMatchObject({
      $case: 'channelMembers',
      value: { members: [{}, { userId: sam.userId, gameMaster: true }] },
    });
  });
});

describe('status.voice', () => {
  test('is written at once for a state, and for measurements once in an interval', async () => {
    const { clock, written, attach, report } = setup();
    const stream = attach();
    report(stream);
    await clock.advance(0);
    for (let jitterMs = 1; jitterMs <= 5; jitterMs += 1) {
      await clock.advance(1_000);
      report(stream, { jitterMs });
    }
    expect(written).toHaveLength(1);
    await clock.advance(STATUS_INTERVAL_MS);
    expect(written.map(({ jitterMs }) => jitterMs)).toEqual([0, 5]);
    report(stream, { jitterMs: 5, state: WorkerState.DEGRADED });
    await clock.advance(0);
    expect(written.at(-1)).toMatchObject({ state: 'Degraded' });
  });

  test('says Detached after the grace, unless the stream comes back', async () => {
    const { clock, written, attach, report, runtime } = setup();
    const stream = attach();
    report(stream);
    runtime.detach(stream);
    await clock.advance(DETACH_GRACE_MS - 1);
    attach();
    await clock.advance(DETACH_GRACE_MS);
    expect(written.map(({ state }) => state)).toEqual(['Listening']);
  });

  test('says Detached when the worker of an earlier gateway does not come', async () => {
    const { clock, written } = setup(
      aSession({ status: { voice: { connected: true, state: 'Listening' } } }),
    );
    await clock.advance(DETACH_GRACE_MS);
    expect(written).toMatchObject([{ connected: false, state: 'Detached' }]);
  });

  test('does not say Detached after the worker stopped as it should', async () => {
    const { clock, written, attach, report, runtime } = setup();
    const stream = attach();
    report(stream, { state: WorkerState.STOPPED, voiceConnected: false });
    runtime.detach(stream);
    await clock.advance(DETACH_GRACE_MS * 2);
    expect(written.map(({ state }) => state)).toEqual(['Stopped']);
  });
});

describe('what an NPC is to say', () => {
  const request = { npc: 'Bart', text: 'Good evening.', correlationId: 'c1' };
  const spoken = { $case: 'speakResult', value: { correlationId: 'c1', error: '', reason: '' } } as const;

  test('goes to the worker, which says what became of it', async () => {
    const { attach, runtime } = setup();
    const stream = attach();
    const outcome = runtime.speak(request);
    expect(stream.sent.at(-1)).toEqual({ $case: 'speak', value: request });
    runtime.receive(stream, spoken);
    expect(await outcome).toEqual({ spoken: true });
  });

  test('is answered on the stream that took over', async () => {
    const { attach, runtime } = setup();
    const first = attach();
    const outcome = runtime.speak(request);
    const second = new Stream();
    runtime.attach(second, { ...hello, takesOver: true });
    runtime.detach(first);
    runtime.receive(second, spoken);
    expect(await outcome).toEqual({ spoken: true });
  });

  test('needs a worker that is connected and configured', async () => {
    const { runtime } = setup();
    expect(await runtime.speak(request)).toMatchObject({ spoken: false, reason: 'NoWorker' });
    const unapproved = setup(aSession(), aCampaign({}, { status: 'False' }));
    unapproved.attach();
    expect(await unapproved.runtime.speak(request)).toMatchObject({ reason: 'NoWorker' });
  });

  test('is lost with the stream, and with the session', async () => {
    const { attach, runtime } = setup();
    const stream = attach();
    const lost = runtime.speak(request);
    runtime.detach(stream);
    expect(await lost).toMatchObject({ spoken: false, reason: 'NoAnswer' });
    attach();
    const ended = runtime.speak(request);
    runtime.close(0, '');
    expect(await ended).toMatchObject({ spoken: false, reason: 'NoAnswer' });
  });
});

describe('what people keep of the campaign', () => {
  const mill = { name: 'Mill', kind: '', description: 'Grinds.', knowledge: [], hidden: false };

  test('is waited for before the worker is told anything, and told when it changes', () => {
    const { current, runtime, attach } = setup();
    current.entities = undefined;
    const stream = attach();
    expect(stream.cases).not.toContain('configure');
    current.entities = { entities: [], missing: false };
    runtime.onConfiguration();
    current.entities = { entities: [mill], missing: false };
    runtime.onConfiguration();
    runtime.onConfiguration();
    const told = stream.sent.flatMap((message) =>
      message.$case === 'configure'
        ? [message.value.session?.campaign?.entities.map(({ name }) => name)]
        : [],
    );
    expect(told).toEqual([[], ['Mill']]);
  });

  test('the status says when it cannot be read, and that it can again; a worker’s own trouble counts more', async () => {
    const { clock, current, runtime, attach, report, written } = setup();
    current.entities = { entities: [], missing: true };
    const stream = attach();
    report(stream);
    await clock.settle();
    expect(written.at(-1)).toMatchObject({ state: 'Degraded', reason: 'EntitiesUnavailable' });
    report(stream, { state: WorkerState.DEGRADED, reason: 'LanguageModelUnavailable' });
    await clock.settle();
    expect(written.at(-1)).toMatchObject({ state: 'Degraded', reason: 'LanguageModelUnavailable' });
    report(stream);
    await clock.settle();
    current.entities = { entities: [mill], missing: false };
    runtime.onConfiguration();
    await clock.settle();
    expect(written.at(-1)).toMatchObject({ state: 'Listening' });
    expect(written.at(-1)?.reason).toBeUndefined();
  });
});

describe('notices', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const TEXT = '100000000000000007';
  const withText = () => aSession({ spec: { textChannelId: TEXT } });

  test('the consent notice is written in the campaign’s language where the worker asks for it', async () => {
    const { attach, join, runtime, texts } = setup(withText(), aCampaign({ language: 'de-AT' }));
    const stream = attach();
    join(stream);
    runtime.receive(stream, { $case: 'noticeState', value: { tell: ['8', '9'], told: [], spoken: false } });
    await settled();
    expect(texts).toMatchObject([{ channelId: TEXT, mentions: [] }]);
    expect(texts[0]?.text).toMatch(/Hier hört jemand zu/);
    // The bot itself is nobody to tell.
    expect(stream.sent.at(-1)).toEqual({
      $case: 'noticed',
      value: { told: ['8'], notTold: [], spoken: false },
    });
    expect(attach().cases.slice(0, 2)).toEqual(['configure', 'noticed']);
  });

  test('go to the chat of the voice channel where the text channel is closed to the bot', async () => {
    const { attach, join, runtime, texts, closedChannels } = setup(withText());
    closedChannels.add(TEXT);
    const stream = attach();
    join(stream);
    runtime.receive(stream, { $case: 'noticeState', value: { tell: ['8'], told: [], spoken: false } });
    await settled();
    expect(texts.map(({ channelId }) => channelId)).toEqual([CHANNEL]);
  });

  test('that turns are over is written once, whoever reports it again', async () => {
    const { attach, report, texts } = setup(withText());
    const reason = 'SpendSoftLimitReached';
    const stream = attach();
    report(stream);
    report(stream, { reason });
    report(stream, { reason });
    report(attach('pod-2'), { reason });
    await settled();
    expect(texts.map(({ text }) => text)).toEqual([
      expect.stringMatching(/budget of this session is used up/),
    ]);
  });

  test('nor is it written again by another gateway', async () => {
    const voice = { connected: true, state: 'Listening', reason: 'SpendSoftLimitReached' } as const;
    const { attach, report, texts } = setup(aSession({ status: { phase: 'Active', voice } }));
    report(attach(), { reason: 'SpendSoftLimitReached' });
    await settled();
    expect(texts).toEqual([]);
  });
});
