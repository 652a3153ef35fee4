import type { APIInteraction } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { correlationIdOf } from '../../src/api/correlation.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { InteractionClaim, InteractionOutcome, LostInteraction } from '../../src/store/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import {
  aHost,
  autocompleteInteraction,
  buttonInteraction,
  type Call,
  commandInteraction,
  GAME_MASTER_ROLE,
  GUILD,
  recordingApi,
} from '../commands/fixtures.ts';
import { InteractionDesk } from './desk.ts';

const REFERENCE = correlationIdOf('7');
const LOST: LostInteraction = {
  id: '6',
  command: 'session start',
  correlationId: '4c1f2a8e',
  result: '**night** will begin in <#5>…',
  createdAt: new Date(),
};

function setup(
  change: {
    readonly lost?: LostInteraction;
    readonly fails?: boolean;
    readonly refuse?: (kind: Call['kind']) => Error | undefined;
  } = {},
) {
  const { api, calls } = recordingApi(change.refuse);
  const claims: Omit<InteractionClaim, 'holder'>[] = [];
  const outcomes: InteractionOutcome[] = [];
  const told: string[] = [];
  const desk = new InteractionDesk({
    host: () =>
      aHost({
        sessions: () => {
          if (change.fails === true) throw new Error('the cache is broken');
          return [];
        },
      }),
    discord: () => ({
      applicationId: '1',
      interactions: 'gateway',
      guilds: [GUILD],
      gameMasterRole: GAME_MASTER_ROLE,
    }),
    ledger: {
      claim: async (claim) => {
        const before = claims.some(({ id }) => id === claim.id);
        claims.push(claim);
        return before ? undefined : { lost: change.lost, record: (outcome) => void outcomes.push(outcome) };
      },
      told: async (id) => void told.push(id),
    },
    clock: new FakeClock(),
    log: silentLogger(),
  });
  const take = (interaction: APIInteraction): Promise<void> => desk.take(interaction, api);
  return { take, calls, claims, outcomes, told };
}

test('an interaction is answered once, however often it is brought', async () => {
  const { take, calls, claims, outcomes } = setup();
  await take(commandInteraction('session status'));
  await take(commandInteraction('session status'));
  expect(calls).toHaveLength(1);
  expect(claims[0]).toEqual({
    id: '7',
    guildId: GUILD,
    userId: '8',
    command: 'session status',
    correlationId: REFERENCE,
  });
  expect(outcomes).toEqual([{ state: 'answered', failed: false, result: 'No session runs on this server.' }]);
});

test('a button is claimed by its command and action, without what it names', async () => {
  const { take, claims } = setup();
  await take(buttonInteraction('session:stop:night-1'));
  expect(claims).toMatchObject([{ command: 'session:stop' }]);
});

test('choices have no effect: they are not claimed', async () => {
  const { take, claims, calls } = setup();
  await take(
    autocompleteInteraction('session start', [{ type: 3, name: 'campaign', value: '', focused: true }]),
  );
  expect(claims).toEqual([]);
  expect(calls).toMatchObject([{ kind: 'choices' }]);
});

test('a command that fails names its reference, here and in what is kept', async () => {
  const { take, calls, outcomes } = setup({ fails: true });
  await take(commandInteraction('session status'));
  const text = expect.stringContaining(`-# Reference ${REFERENCE}`);
  expect(calls).toMatchObject([{ kind: 'reply', body: { content: text } }]);
  expect(outcomes.at(-1)).toEqual({ state: 'answered', failed: true, result: text });
});

test('an answer that succeeds carries no reference', async () => {
  const { take, calls } = setup();
  await take(commandInteraction('session status'));
  expect(JSON.stringify(calls)).not.toContain(REFERENCE);
});

test('an answer that Discord does not take is lost, with its text', async () => {
  const { take, outcomes } = setup({ refuse: () => new Error('Unknown interaction') });
  await take(commandInteraction('session status'));
  expect(outcomes[0]).toMatchObject({ state: 'lost', result: 'No session runs on this server.' });
});

test('whoever lost an answer is told it below the next one, in their language', async () => {
  const { take, calls, told } = setup({ lost: LOST });
  await take(commandInteraction('session status', [], { locale: 'de' }));
  expect(calls.map(({ kind }) => kind)).toEqual(['reply', 'followUp']);
  expect(calls[1]).toMatchObject({ body: { content: expect.stringContaining('`/runde starten`') } });
  const [, late] = calls;
  if (late === undefined || !('body' in late)) throw new Error('nothing was told');
  expect(late.body.content).toContain('**night** will begin');
  expect(late.body.content).toContain('4c1f2a8e');
  expect(late.body.flags).toBeDefined();
  expect(told).toEqual(['6']);
});

test('one that was interrupted before it had an answer is told as such', async () => {
  const { take, calls } = setup({ lost: { ...LOST, result: undefined } });
  await take(commandInteraction('session status'));
  expect(calls[1]).toMatchObject({ body: { content: expect.stringContaining('I was restarted before') } });
});

test('it counts as told when Discord has taken it, not before; a button tells nothing', async () => {
  const refusing = setup({
    lost: LOST,
    refuse: (kind) => (kind === 'followUp' ? new Error('away') : undefined),
  });
  await refusing.take(commandInteraction('session status'));
  expect(refusing.told).toEqual([]);
  const button = setup({ lost: LOST });
  await button.take(buttonInteraction('session:stop:x'));
  expect(button.calls.map(({ kind }) => kind)).not.toContain('followUp');
});
