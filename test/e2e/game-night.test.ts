import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { VoiceSession } from '../../src/api/index.ts';
import type { InteractionHandle, OptionValue } from '../discord/api.ts';
import { Stage } from './harness.ts';

const exec = promisify(execFile);

/** An evening as a game master spends it in Discord, and what the platform engineer sees of it; in this order. */
describe('a night with the commands', () => {
  let stage: Stage;
  let start: InteractionHandle;
  let session: VoiceSession;

  const command = (name: string, options: Record<string, OptionValue> = {}) =>
    stage.simulator.command(
      stage.table.gameMaster,
      stage.table.guildId,
      stage.table.textChannelId,
      name,
      options,
    );
  /** `skald`, as whoever holds the kubeconfig. */
  const skald = async (...args: string[]) => {
    const env = { ...process.env, KUBECONFIG: stage.info.kubeconfig, NO_COLOR: '1' };
    const context = ['--context', stage.info.context];
    return (await exec(process.execPath, ['cli/skald.ts', ...args, ...context], { env })).stdout;
  };
  const name = () => session.metadata.name ?? '';

  beforeAll(async () => {
    stage = await Stage.open(14);
    const { simulator, table } = stage;
    const host = await simulator.addRole(table.guildId, { name: 'Host', permissions: ['ManageGuild'] });
    await simulator.setMemberRoles(table.guildId, table.gameMaster.userId, [host]);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
  });

  it('begins with a card that follows the session', async () => {
    start = await command('session start', { campaign: stage.campaignName });
    expect(start.acknowledgedMs).toBeLessThan(3000);
    const [created] = await stage.sessions();
    session = await stage.reach(created?.metadata.name ?? '', ['Active']);
    const card = await start.waitForReply(/listening/i, 30_000);
    expect(card.message.components?.length).toBeGreaterThan(0);
  });

  it('an NPC says what the game master types, aloud', async () => {
    const after = await stage.simulator.now();
    const spoken = await command('npc speak', { npc: 'Greta', text: 'The soup is ready, travellers.' });
    const heard = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: after,
      silenceMs: 1000,
      timeoutMs: 60_000,
    });
    expect(heard.durationMs).toBeGreaterThan(500);
    await spoken.waitForReply(/has said it/i, 30_000);
  });

  it('answers a player', async () => {
    const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
    await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
  });

  it('what was said is found, and what is written down is kept', async () => {
    const found = await command('search', { query: 'news city' });
    await found.waitForReply(/city/i, 30_000);
    const form = await command('entity add');
    expect(form.modal).toBeDefined();
    const saved = await stage.simulator.submitModal(stage.table.gameMaster, form.id, {
      name: 'The foreign silver',
      kind: 'item',
      description: 'Coins with a crown that nobody here has seen before.',
    });
    await saved.waitForReply(/foreign silver/i, 30_000);
    const list = await command('entity list');
    await list.waitForReply(/foreign silver/i, 30_000);
  });

  it('a mute from Discord is one that kubectl shows, and one of kubectl ends it', async () => {
    const mute = await command('npc mute', { npc: 'Greta' });
    await mute.waitForReply(/silent/i, 20_000);
    expect((await stage.session(name()))?.spec.mutedNpcs).toEqual(['Greta']);
    await stage.kubectl.run([
      'patch',
      'voicesession',
      name(),
      '--namespace',
      stage.namespace,
      '--type=merge',
      '--patch',
      '{"spec":{"mutedNpcs":[]}}',
    ]);
    await waitUntil(
      async () => {
        const list = await command('npc list');
        const { text } = await list.waitForReply(/Greta/, 20_000);
        return !text.includes('muted');
      },
      { what: '/npc list to show nobody as muted', deadlineMs: 30_000, everyMs: 500 },
    );
  });

  it('skald sessions and skald why tell of it while it runs', async () => {
    expect(await skald('sessions', '--namespace', stage.namespace)).toContain(name());
    const story = JSON.parse(await skald('why', name(), '--namespace', stage.namespace, '--json')) as {
      verdict: unknown;
      moments: unknown[];
    };
    expect(JSON.stringify(story.verdict)).toMatch(/Active|listen|runs/i);
    expect(story.moments.length).toBeGreaterThan(3);
  });

  it('ends with the button of the card, which then sums the evening up', async () => {
    const [card] = await start.replies();
    const message = { channelId: stage.table.textChannelId, messageId: card?.messageId ?? '' };
    await stage.simulator.component(stage.table.gameMaster, message, `session:stop:${name()}`);
    const ended = await stage.reach(name(), ['Ended', 'Failed']);
    expect(ended.status).toMatchObject({ phase: 'Ended', endReason: 'Requested' });
    await start.waitForReply(/has ended/i, 30_000);
    await stage.nothingLeftOf(ended);
  });

  it('a recap is written by a worker, and stands in the channel', async () => {
    const recap = await command('session recap', { session: name() });
    const written = await waitUntil(
      async () => (await recap.replies()).find(({ message }) => (message.embeds?.length ?? 0) > 0),
      { what: 'the recap', deadlineMs: 90_000, everyMs: 250, detail: () => '' },
    );
    expect(written.text.length).toBeGreaterThan(40);
    const made = (await stage.sessions()).find(({ spec }) => spec.mode === 'Recap');
    expect(made?.spec.recapOf).toBe(name());
    // A second asker has the same words at once, and no second worker.
    const again = await command('session recap', { session: name() });
    await waitUntil(async () => (await again.replies()).find(({ text }) => text === written.text), {
      what: 'the recap that was kept',
      deadlineMs: 20_000,
      everyMs: 100,
    });
    expect((await stage.sessions()).filter(({ spec }) => spec.mode === 'Recap')).toHaveLength(1);
  });

  it('skald why says why it ended', async () => {
    const told = await skald('why', name(), '--namespace', stage.namespace);
    expect(told).toMatch(/stopped|requested/i);
  });
});
