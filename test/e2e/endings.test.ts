import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE, type VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

/** However a session ends, and whoever is away meanwhile: the bot leaves and nothing stays behind. */
describe('the end of a session', () => {
  let stage: Stage;
  let session: VoiceSession;
  let count = 0;

  beforeAll(async () => {
    stage = await Stage.open(3);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
  });

  beforeEach(async () => {
    count += 1;
    const name = `evening-${count}`;
    await stage.kubectl.apply([stage.manifest(name)]);
    session = await stage.reach(name, ['Active'], 90_000);
    expect(await stage.botInVoice()).toBe(true);
  });

  const remove = (): Promise<string> =>
    stage.kubectl.run([
      'delete',
      'voicesession',
      session.metadata.name ?? '',
      '--namespace',
      stage.namespace,
      '--timeout=90s',
    ]);

  const stop = (): Promise<string> =>
    stage.kubectl.run([
      'patch',
      'voicesession',
      session.metadata.name ?? '',
      '--namespace',
      stage.namespace,
      '--type=merge',
      '--patch',
      '{"spec":{"desiredState":"Stopped"}}',
    ]);

  it('by kubectl delete', async () => {
    await remove();
    await stage.nothingLeftOf(session);
    expect(await stage.session(session.metadata.name ?? '')).toBeUndefined();
  });

  it('by desiredState: Stopped', async () => {
    await stop();
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed']);
    expect(ended.status).toMatchObject({ phase: 'Ended', endReason: 'Requested' });
    await stage.nothingLeftOf(session);
  });

  it('while the operator is away: it finishes when it is back', async () => {
    await stage.kubectl.run([
      'scale',
      'deployment/skald-controller',
      '--namespace',
      SYSTEM_NAMESPACE,
      '--replicas=0',
    ]);
    await stage.kubectl.run([
      'wait',
      'pods',
      '--namespace',
      SYSTEM_NAMESPACE,
      '--selector=app.kubernetes.io/component=controller',
      '--for=delete',
      '--timeout=60s',
    ]);
    await stop();
    await stage.kubectl.run([
      'scale',
      'deployment/skald-controller',
      '--namespace',
      SYSTEM_NAMESPACE,
      '--replicas=2',
    ]);
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed'], 90_000);
    expect(ended.status).toMatchObject({ phase: 'Ended', endReason: 'Requested' });
    await stage.nothingLeftOf(session);
  });

  it('while the gateway is restarted', async () => {
    await stage.kubectl.run([
      'delete',
      'pod',
      'skald-gateway-0-0',
      '--namespace',
      SYSTEM_NAMESPACE,
      '--wait=false',
    ]);
    await stop();
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed'], 90_000);
    expect(ended.status?.phase).toBe('Ended');
    await stage.nothingLeftOf(session);
  });

  it('by kubectl delete while operator and gateway are restarted', async () => {
    await stage.kubectl.run([
      'delete',
      'pods',
      '--namespace',
      SYSTEM_NAMESPACE,
      '--selector=app.kubernetes.io/name=skald',
      '--wait=false',
    ]);
    await remove();
    await stage.nothingLeftOf(session);
  });
});
