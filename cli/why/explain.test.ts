import { describe, expect, test } from 'vitest';
import {
  campaignReasons,
  endReasons,
  exitOutcomes,
  pendingReasons,
  sessionReasons,
  tenantReasons,
  voiceReasons,
} from '../../src/api/index.ts';
import { explain } from './explain.ts';
import {
  ago,
  campaign,
  condition,
  event,
  line,
  NOW,
  observation,
  pod,
  session,
  status,
  tenant,
} from './fixtures.ts';
import type { Observation } from './observation.ts';
import { meaningOf } from './reasons.ts';

const told = (changes: Partial<Observation>) => explain(observation(changes));
const commands = ({ next }: ReturnType<typeof told>) => next.map(({ command }) => command);

/** Nobody is sent away with a template, or with nothing. */
function whole(story: ReturnType<typeof told>): void {
  const { verdict, next } = story;
  expect(verdict.text).toMatch(/^[A-Z].*[.!?)]$/s);
  expect(verdict.text).not.toMatch(/undefined|NaN|\{\w+\}/);
  expect(next.length).toBeGreaterThan(0);
  for (const { step, command = '' } of next) {
    expect(step).toMatch(/[.:]$/);
    expect(`${step} ${command}`).not.toMatch(
      /undefined|\{(?:namespace|session|tenant|campaign|guild|channel|system|gateway|pod)\}/,
    );
  }
}

describe('every word that a status can hold', () => {
  const live = Object.keys({
    ...sessionReasons,
    ...voiceReasons,
    ...pendingReasons,
    ...endReasons,
    ...exitOutcomes,
  });
  test.each(live)('%s has a meaning, a verdict and a next step, in each phase', (reason) => {
    expect(meaningOf(reason)).toMatch(/^[A-Z].*\.$/);
    for (const phase of [
      'Pending',
      'Provisioning',
      'Connecting',
      'Active',
      'Degraded',
      'Draining',
      'Ended',
      'Failed',
    ] as const) {
      const story = told({ session: session(status(phase, reason, '', { startedAt: ago(100) })) });
      whole(story);
      expect(story.verdict.reason).toBe(reason);
      if (phase !== 'Active') expect(story.verdict.text).toContain(meaningOf(reason));
    }
  });

  test.each(Object.keys(tenantReasons))('a Tenant that is not ready because of %s', (reason) => {
    const conditions = [
      condition('Ready', 'False', reason, 'Something of the Tenant is amiss.'),
      condition('DatabaseReady', 'False', reason, 'Something of the Tenant is amiss.'),
    ];
    const story = told({
      session: session(status('Pending', 'TenantNotReady', 'The Tenant is not ready.')),
      tenant: tenant(conditions),
    });
    whole(story);
    expect(story.verdict.text).toContain(
      `Of the Tenant: DatabaseReady is False, ${reason}: Something of the Tenant is amiss.`,
    );
    expect(story.next.at(-1)?.command).toBe('skald doctor demo');
  });

  test.each(Object.keys(campaignReasons))('a Campaign that is not ready because of %s', (reason) => {
    const story = told({
      session: session(status('Pending', 'CampaignNotReady', 'The Campaign is not ready.')),
      campaign: campaign(condition('Ready', 'False', reason, 'Something of the Campaign is amiss.')),
    });
    whole(story);
    expect(story.verdict.text).toContain(`Of the Campaign: ${reason}: Something`);
  });

  test.each(Object.keys(endReasons))('an end because of %s', (endReason) => {
    for (const phase of ['Ended', 'Failed'] as const) {
      const story = told({
        session: session(
          status(phase, endReason, 'So it was.', {
            startedAt: ago(100),
            activeAt: ago(90),
            endedAt: ago(30),
          }),
        ),
      });
      whole(story);
      expect(story.verdict.text).toContain(
        phase === 'Ended' ? 'It ended after 60s. So it was.' : 'It broke off after 60s. So it was.',
      );
    }
  });

  test('a reason of a newer version is repeated, and said to be unknown', () => {
    const story = told({ session: session(status('Degraded', 'StarsMisaligned', '')) });
    whole(story);
    expect(story.verdict.text).toContain('StarsMisaligned');
    expect(story.next[0]?.step).toContain('does not know the reason');
  });
});

describe('a session that runs', () => {
  test('is well, and nothing has to be done', () => {
    const { verdict, next } = told({});
    expect(verdict).toMatchObject({ state: 'runs', well: true, reason: 'Listening' });
    expect(verdict.text).toBe(
      'It runs: the NPCs have listened for 60s. Half of the answers begin within 812 ms.',
    );
    expect(next).toEqual([{ who: 'nobody', step: 'Nothing has to be done.' }]);
  });

  test('says who is muted, and that the soft limit is reached', () => {
    const muted = session(status('Active', 'SpendSoftLimitReached', 'The soft limit of 2 USD is reached.'), {
      spec: { mutedNpcs: ['Greta', 'Bruno'] },
    });
    const { verdict } = told({ session: muted });
    expect(verdict.text).toContain('The soft limit of 2 USD is reached.');
    expect(verdict.text).toContain('Muted: Greta, Bruno.');
  });

  test('while the gateway is away: audio goes on, and somebody has to bring it back', () => {
    const { verdict, next } = told({ gateway: { name: 'skald-gateway-0', ready: 0, wanted: 1 } });
    expect(verdict).toMatchObject({ state: 'runs', well: false });
    expect(verdict.text).toContain(
      'The gateway skald-gateway-0 has no pod that is ready: audio of running sessions goes on',
    );
    expect(next[0]).toMatchObject({ who: 'the platform team', step: 'Bring the gateway back.' });
  });

  test('whose pods are gone: how many there were', () => {
    const moved = session(status('Active', 'Listening', 'The NPCs listen.', { worker: { restarts: 2 } }));
    expect(told({ session: moved, pods: [] }).verdict.text).toContain(
      'The worker was replaced or restarted 2 times.',
    );
  });

  test('whose Job somebody has made otherwise', () => {
    const drifted = status('Active', 'Listening', 'The NPCs listen.');
    const conditions = [
      ...(drifted.conditions ?? []),
      condition('Drifted', 'True', 'JobEdited', 'Job friday was made anew.'),
    ];
    expect(told({ session: session({ ...drifted, conditions }) }).verdict).toMatchObject({ well: false });
  });
});

test('a recap speaks of its writing, and of no NPCs', () => {
  const recap = { spec: { mode: 'Recap', recapOf: 'thursday' } } as const;
  const runs = told({
    session: session(status('Active', 'Summarising', 'The recap is being written.'), recap),
  });
  expect(runs.verdict.text).toBe('It runs: a recap of thursday has been in the making for 60s.');
  const failed = told({
    session: session(status('Failed', 'StartTimedOut', 'Too late.', { startedAt: ago(90) }), recap),
  });
  expect(failed.verdict.text).toContain('It started, but nothing was written. Too late.');
  expect(failed.moments[0]?.text).toBe('Created: applied to the cluster, a recap of thursday');
});

describe('a session that does not start', () => {
  test('without a status while no operator runs', () => {
    const { verdict, next } = told({
      session: session(undefined),
      operator: { name: 'skald-controller', ready: 0, wanted: 0 },
      pods: [],
      job: undefined,
    });
    expect(verdict).toMatchObject({ state: 'waits', reason: 'NotSeen', well: false });
    expect(verdict.text).toContain('The operator skald-controller is scaled to 0');
    expect(next[0]?.command).toBe('kubectl -n skald-system describe pods -l skald.dev/component=controller');
  });

  test('in a namespace that is no Tenant’s', () => {
    const { verdict, next } = told({
      session: session(status('Pending', 'TenantNotReady', 'Namespace skald-demo belongs to no Tenant.')),
      tenant: { state: 'absent' },
    });
    expect(verdict.text).toContain('No Tenant has namespace skald-demo.');
    expect(next[0]?.command).toBe('kubectl get tenants -o wide');
  });

  test('because Vault is away: the root is named, once', () => {
    const message = 'Vault does not answer: it is sealed.';
    const { verdict, next } = told({
      session: session(
        status('Pending', 'TenantNotReady', `The Tenant is not ready: VaultUnavailable: ${message}`),
      ),
      tenant: tenant([
        condition('Ready', 'False', 'VaultUnavailable', message),
        condition('NamespaceReady', 'True', 'NamespaceReady', 'It is there.'),
        condition('TokenEncrypted', 'False', 'VaultUnavailable', message),
      ]),
    });
    expect(verdict.text.split(message)).toHaveLength(2);
    expect(next[0]).toMatchObject({ who: 'the platform team', command: 'vault status' });
  });

  test('because the Campaign does not exist: names that are near', () => {
    const { verdict } = told({
      session: session(status('Pending', 'CampaignNotReady', 'There is no Campaign vilage.'), {
        spec: { campaignRef: { name: 'vilage' } },
      }),
      campaign: { state: 'absent' },
      campaigns: ['village', 'castle'],
    });
    expect(verdict.text).toContain('Campaign vilage does not exist. Did you mean village?');
  });

  test('because another one has the server: the command that stops that one', () => {
    const { verdict, next } = told({
      session: session(
        status('Pending', 'GuildBusy', 'VoiceSession skald-demo/thursday uses this Discord server.'),
      ),
    });
    expect(verdict.text).toContain('thursday uses this Discord server. It gives up in 3m.');
    expect(next[0]?.command).toBe(
      `kubectl -n skald-demo patch voicesession thursday --type=merge -p '{"spec":{"desiredState":"Stopped"}}'`,
    );
  });

  test('and was refused for good: it never started; the quota by name', () => {
    const { verdict, next } = told({
      session: session(
        status('Failed', 'QuotaExceeded', "The Tenant's 40 session hours of this month are used up.", {
          endReason: 'Rejected',
          endedAt: ago(100),
        }),
      ),
    });
    expect(verdict.text).toBe("It never started. The Tenant's 40 session hours of this month are used up.");
    expect(next[0]?.command).toBe('kubectl edit tenant demo');
  });

  test('and could by now, because the Tenant has become ready', () => {
    const { next } = told({
      session: session(
        status('Failed', 'TenantNotReady', 'The Tenant is not ready.', { endReason: 'Rejected' }),
      ),
    });
    expect(next[0]).toEqual({
      who: 'whoever plays',
      step: 'Tenant demo is ready by now: start the session again.',
    });
  });

  test.each([
    ['Unschedulable', '0/3 nodes are available: 3 Insufficient cpu.'],
    ['ImageUnavailable', 'Container worker: ImagePullBackOff: Back-off pulling image "skald:typo"'],
    ['ContainerFailed', 'Container worker: CreateContainerConfigError: secret "keys" not found'],
  ] as const)('because of its pod: %s', (reason, message) => {
    const { verdict, next } = told({
      session: session(
        status('Provisioning', 'WorkerStarting', 'Pod friday-91d0c3a7-x2k9p starts.', { startedAt: ago(20) }),
      ),
      pods: [pod({ state: 'pending', fault: { reason, message } })],
    });
    expect(verdict.text).toContain(message);
    expect(next.at(-1)?.step).not.toBe('');
    const named = told({
      session: session(status('Provisioning', reason, message, { startedAt: ago(20) })),
      pods: [],
    });
    expect(named.verdict.state).toBe('starts');
    expect(commands(named)).toContain('kubectl -n skald-demo describe pods -l skald.dev/voicesession=friday');
  });

  test('because the API server refuses the worker: the quota or the webhook is named', () => {
    const message =
      'The API server refuses the worker: exceeded quota: skald-quota, requested: pods=1, used: pods=2, limited: pods=2';
    const { verdict, next } = told({
      session: session(status('Provisioning', 'WorkerRefused', message, { startedAt: ago(20) })),
      pods: [],
    });
    expect(verdict.text).toContain('exceeded quota: skald-quota');
    expect(next[0]?.command).toBe('kubectl -n skald-demo describe resourcequota');
  });

  test('because it could not reach its gateway in time: the worker’s last complaint', () => {
    const { verdict } = told({
      session: session(
        status('Failed', 'StartTimedOut', 'The worker did not listen within 120 s.', {
          startedAt: ago(130),
          endedAt: ago(10),
          endReason: 'WorkerFailed',
        }),
      ),
      logs: [
        line('The gateway cannot be reached: connect ETIMEDOUT 10.0.0.7:8443', { level: 'error' }),
        line('Stopping'),
      ],
    });
    expect(verdict.text).toContain('It started, but the NPCs never listened.');
    expect(verdict.text).toContain('The worker’s last complaint: The gateway cannot be reached');
  });

  test('because Discord does not let it in: that is for the server’s owner', () => {
    const { next } = told({
      session: session(
        status('Failed', 'DiscordRefused', 'The bot may not connect to the voice channel.', {
          startedAt: ago(20),
          endedAt: ago(10),
          endReason: 'DiscordRefused',
        }),
      ),
    });
    expect(next[0]).toMatchObject({ who: "the server's owner on Discord", command: 'skald doctor demo' });
  });
});

describe('a session that is over', () => {
  const over = { startedAt: ago(4000), activeAt: ago(3900), endedAt: ago(300) };

  test('as it should be, with what came of it', () => {
    const { verdict, next } = told({
      session: session(
        status('Ended', 'ChannelEmpty', 'Everyone left the voice channel.', {
          ...over,
          endReason: 'ChannelEmpty',
          result: { utterances: 41, replies: 17, spendUSD: 0.42 },
        }),
      ),
    });
    expect(verdict).toMatchObject({ state: 'ended', well: true });
    expect(verdict.text).toBe(
      'It ended after 60m. Everyone left the voice channel. 41 utterances were heard and 17 answers spoken. It cost 0.42 USD.',
    );
    expect(next[0]?.who).toBe('nobody');
  });

  test.each([...Object.values(exitOutcomes).map(({ code }) => code), 1, 137])(
    'whose worker ended with exit code %d',
    (code) => {
      const story = told({
        session: session(
          status('Failed', 'WorkerFailed', 'The worker did not come back.', {
            ...over,
            endReason: 'WorkerFailed',
          }),
        ),
        pods: [
          pod({ state: 'ended', exit: { code, reason: code === 137 ? 'OOMKilled' : 'Error', at: ago(310) } }),
        ],
      });
      whole(story);
      if (code !== 0) expect(story.verdict.text).toContain(`The last worker ended with exit code ${code}.`);
      const ended = story.moments.find(({ text }) => text.includes('ended: exit code'));
      expect(ended?.text).toContain(`exit code ${code} (`);
      if (code === 137) expect(commands(story)[0]).toBe('kubectl edit tenant demo');
    },
  );

  test('and was deleted while an operator is away: its object waits', () => {
    const { verdict, next } = told({
      session: session(status('Ended', 'Requested', 'Somebody stopped it.', over), {
        metadata: { deletionTimestamp: ago(200) },
      }),
      operator: { name: 'skald-controller', ready: 0, wanted: 2 },
    });
    expect(verdict.text).toContain(
      'its object waits for skald.dev/session. The operator skald-controller has no pod that is ready',
    );
    expect(next[0]?.step).toBe('Bring the operator back.');
  });

  test('is gone: Events and rows tell what is left', () => {
    const story = told({
      session: undefined,
      campaign: { state: 'unread' },
      job: undefined,
      pods: [],
      events: [
        event('Active', 'The NPCs listen after 2 s.'),
        event('Ended', 'Everyone left the voice channel.', { at: ago(30) }),
      ],
      records: [
        {
          uid: 'u',
          campaign: 'village',
          startedAt: new Date(ago(4000)),
          endedAt: new Date(ago(300)),
          endReason: 'ChannelEmpty',
          utterances: 41,
          answers: 17,
        },
      ],
    });
    expect(story.verdict).toMatchObject({ state: 'gone', reason: 'ChannelEmpty' });
    expect(story.verdict.text).toContain(
      'it played village from 2030-06-07T19:23:20.000Z until 2030-06-07T20:25:00.000Z (ChannelEmpty), with 41 utterances of players and 17 answers. Everyone left the voice channel.',
    );
    expect(story.verdict.text).toContain('The last that was said of it: Ended: Everyone left');
    whole(story);
  });

  test('is gone, and was refused: the Event’s reason gives the next step', () => {
    const { next } = told({
      session: undefined,
      events: [event('GuildNotAllowed', 'Server 1 is not in the Tenant’s guilds.', { warning: true })],
    });
    expect(next[0]?.command).toBe('kubectl edit tenant demo');
  });
});

test('a session that was stopped while no operator runs: that is the verdict, whatever its phase says', () => {
  const { verdict } = told({
    session: session(status('Active', 'Listening', 'The NPCs listen.'), {
      spec: { desiredState: 'Stopped' },
    }),
    operator: { name: 'skald-controller', ready: 0, wanted: 2 },
  });
  expect(verdict).toMatchObject({ state: 'ends', reason: 'OperatorAway' });
});

test('deleted while it runs: it is ending, and well', () => {
  const { verdict } = told({
    session: session(
      status('Draining', 'Deleted', 'The VoiceSession was deleted.', { endReason: 'Deleted' }),
      { metadata: { deletionTimestamp: ago(2) } },
    ),
  });
  expect(verdict).toMatchObject({ state: 'ends', well: true, reason: 'Deleted' });
});

test('with since only what happened later is told; the verdict is the same', () => {
  const all = told({ events: [event('Admitted', 'It holds the guild.', { at: ago(115) })] });
  const late = explain(
    observation({ events: [event('Admitted', 'It holds the guild.', { at: ago(115) })] }),
    new Date(NOW.getTime() - 105_000),
  );
  expect(late.moments.length).toBeLessThan(all.moments.length);
  expect(late.moments.every(({ at }) => at >= ago(105))).toBe(true);
  expect(late.verdict).toEqual(all.verdict);
});
