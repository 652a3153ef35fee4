import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

describe('what cannot work is refused at once, with the reason', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(2);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
  });

  afterEach(async () => {
    await stage.simulator.setChannelPermissions(stage.table.voiceChannelId, stage.table.applicationId, {});
  });

  for (const permission of ['Connect', 'Speak'] as const) {
    it(`answers in Discord within 5 s when the bot lacks ${permission}`, async () => {
      await stage.simulator.setChannelPermissions(stage.table.voiceChannelId, stage.table.applicationId, {
        deny: [permission],
      });
      const before = await stage.simulator.now();
      const command = await stage.command('start');
      await command.waitForReply(new RegExp(permission, 'i'), 5000);
      expect((await stage.simulator.now()) - before).toBeLessThan(5000);
      expect(await stage.sessions()).toEqual([]);
      expect(await stage.botInVoice()).toBe(false);
    });
  }

  it('admits one of two sessions for one guild and refuses the other', async () => {
    await stage.kubectl.apply([stage.manifest('first'), stage.manifest('second')]);
    const phases = async (): Promise<(string | undefined)[]> =>
      (await stage.sessions()).map((session) => session.status?.phase).sort();
    const active = await Promise.race([
      stage.reach('first', ['Active'], 90_000),
      stage.reach('second', ['Active'], 90_000),
    ]);
    const other = active.metadata.name === 'first' ? 'second' : 'first';
    const refused = await stage.session(other);
    expect(refused?.status?.phase).toBe('Pending');
    expect(refused?.status?.reason).toMatch(/GuildBusy|CampaignBusy/);
    expect(await phases()).toEqual(['Active', 'Pending']);
    await stage.kubectl.run([
      'delete',
      'voicesession',
      other,
      '--namespace',
      stage.namespace,
      '--timeout=30s',
    ]);
    await stage.kubectl.run([
      'delete',
      'voicesession',
      active.metadata.name ?? '',
      '--namespace',
      stage.namespace,
      '--timeout=60s',
    ]);
    await stage.nothingLeftOf(active);
  });

  it('refuses a session of a second tenant with the same application, in another namespace', async () => {
    const twin = `${stage.tenant.metadata.name}-twin`;
    const namespace = `skald-${twin}`;
    await stage.kubectl.apply([
      stage.manifest('evening'),
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'skald.dev/adopt': 'true' } },
      },
      { ...stage.tenant, metadata: { name: twin } },
      { ...stage.campaign, metadata: { name: stage.campaignName, namespace } },
    ]);
    const active = await stage.reach('evening', ['Active'], 90_000);
    const rival = stage.manifest('rival');
    await stage.kubectl.apply([{ ...rival, metadata: { name: 'rival', namespace } }]);
    const status = await waitUntil(
      async () => {
        const session = (await stage.kubectl.json([
          'get',
          'voicesession',
          'rival',
          '--namespace',
          namespace,
        ])) as VoiceSession;
        return session.status?.reason ? session.status : undefined;
      },
      { what: 'the rival to be refused', deadlineMs: 30_000, everyMs: 100 },
    );
    expect(status).toMatchObject({ reason: 'TenantNotReady' });
    expect(['Pending', 'Failed']).toContain(status.phase);
    const tenants = await stage.kubectl.run(['get', 'tenant', twin, '-o', 'yaml']);
    expect(tenants).toContain('ApplicationConflict');
    expect((await stage.session('evening'))?.status?.phase).toBe('Active');
    await stage.kubectl.run(['delete', 'voicesession', 'rival', '--namespace', namespace, '--timeout=30s']);
    await stage.kubectl.run(['delete', 'tenant', twin, '--timeout=30s']);
    await stage.kubectl.run([
      'delete',
      'voicesession',
      'evening',
      '--namespace',
      stage.namespace,
      '--timeout=60s',
    ]);
    await stage.nothingLeftOf(active);
  });

  it('says which campaign is missing', async () => {
    await stage.kubectl.apply([stage.manifest('lost', { campaignRef: { name: 'no-such-campaign' } })]);
    const session = await stage.reach('lost', ['Pending', 'Failed']);
    expect(JSON.stringify(session.status)).toContain('no-such-campaign');
    await stage.kubectl.run([
      'delete',
      'voicesession',
      'lost',
      '--namespace',
      stage.namespace,
      '--timeout=30s',
    ]);
  });

  it('refuses a bad snowflake and a changed channel at the API server', async () => {
    await expect(stage.kubectl.apply([stage.manifest('bad', { guildId: '12' })])).rejects.toThrow(
      /spec.guildId/,
    );
    await stage.kubectl.apply([stage.manifest('fixed', { desiredState: 'Stopped' })]);
    await expect(
      stage.kubectl.apply([
        stage.manifest('fixed', { desiredState: 'Stopped', voiceChannelId: '299999999999999999' }),
      ]),
    ).rejects.toThrow(/immutable|cannot be changed|start another/);
    await stage.kubectl.run([
      'delete',
      'voicesession',
      'fixed',
      '--namespace',
      stage.namespace,
      '--timeout=30s',
    ]);
  });
});
