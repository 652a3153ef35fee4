import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

/** A tenant with a gateway of its own, in its own namespace, under that gateway's own rights. */
describe('topology dedicated', () => {
  let stage: Stage;
  let session: VoiceSession;

  beforeAll(async () => {
    stage = await Stage.open(5, { topology: 'dedicated' });
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
  });

  const gatewayOf = async () =>
    stage.kubectl.run([
      'get',
      'tenant',
      stage.tenant.metadata.name ?? '',
      '-o',
      'jsonpath={.status.gateway}',
    ]);

  it('listens and answers through the gateway in the namespace', async () => {
    expect(await gatewayOf()).toBe(`${stage.namespace}/skald-gateway`);
    const command = await stage.command('start');
    await command.waitForReply(/listening/i, 60_000);
    [session] = (await stage.sessions()) as [VoiceSession];
    session = await stage.reach(session.metadata.name ?? '', ['Active']);
    const wav = await playerSays(defaultSentence, () => {});
    const said = await stage.table.gameMaster.say(wav);
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    expect(answer.durationMs).toBeGreaterThan(1000);
  });

  it('is handed to a slot of the installation, and the running session with it', async () => {
    await stage.kubectl.run([
      ...['patch', 'tenant', stage.tenant.metadata.name ?? '', '--type=merge', '-p'],
      JSON.stringify({ spec: { topology: 'shared' } }),
    ]);
    await waitUntil(async () => ((await gatewayOf()) === 'skald-gateway-0' ? true : undefined), {
      what: 'the tenant to have a slot',
      deadlineMs: 30_000,
      everyMs: 200,
    });
    await waitUntil(
      async () => {
        const left = await stage.kubectl.run([
          'get',
          'statefulsets,pods',
          '-n',
          stage.namespace,
          '-o',
          'name',
        ]);
        return left.includes('skald-gateway') ? undefined : true;
      },
      { what: 'the gateway of its own to be gone', deadlineMs: 60_000, everyMs: 500 },
    );
    const ready = ['wait', '--for=condition=Ready', `tenant/${stage.tenant.metadata.name}`, '--timeout=60s'];
    await stage.kubectl.run(ready);
    await stage.reach(session.metadata.name ?? '', ['Active']);
    const command = await stage.command('stop');
    expect(command.acknowledgedMs).toBeLessThan(3000);
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed']);
    expect(ended.status).toMatchObject({ phase: 'Ended', endReason: 'Requested' });
    await stage.nothingLeftOf(ended);
  });
});
