import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { BOT_TOKEN_SECRET, type VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

/** The bot token is ciphertext at rest, and a session plays all the same. */
describe('a tenant under Vault', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(9);
    await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
  });

  it('has its token encrypted where it was put', async () => {
    const secret = async (): Promise<string> =>
      stage.kubectl.run([
        'get',
        'secret',
        BOT_TOKEN_SECRET,
        '-n',
        stage.namespace,
        '-o',
        'json',
        '--show-managed-fields',
      ]);
    const text = await waitUntil(
      async () => {
        const now = await secret();
        const { data }: { data: Record<string, string> } = JSON.parse(now);
        const token = Buffer.from(data.token ?? '', 'base64').toString('utf8');
        return token.startsWith('vault:v1:') ? now : undefined;
      },
      { what: 'the token to be encrypted', deadlineMs: 30_000, everyMs: 100 },
    );
    expect(text).not.toContain(stage.table.token);
    expect(text).not.toContain(Buffer.from(stage.table.token).toString('base64'));
    const name = stage.tenant.metadata.name ?? '';
    await stage.kubectl.run(['wait', '--for=condition=TokenEncrypted', `tenant/${name}`, '--timeout=30s']);
  });

  it('is served by a gateway that has just started and finds ciphertext only', async () => {
    await stage.kubectl.run(['delete', 'pod', 'skald-gateway-0-0', '-n', 'skald-system', '--wait=true']);
    const name = stage.tenant.metadata.name ?? '';
    await waitUntil(
      async () => {
        const pod = await stage.kubectl.run([
          ...['get', 'pod', 'skald-gateway-0-0', '-n', 'skald-system', '--ignore-not-found'],
          ...['-o', 'jsonpath={.status.containerStatuses[0].ready}'],
        ]);
        return pod === 'true' ? true : undefined;
      },
      { what: 'the gateway to be back', deadlineMs: 60_000, everyMs: 200 },
    );
    await stage.kubectl.run(['wait', '--for=condition=Ready', `tenant/${name}`, '--timeout=60s']);
    const command = await stage.command('start');
    await command.waitForReply(/listening/i, 60_000);
    const [session] = (await stage.sessions()) as [VoiceSession];
    await stage.reach(session.metadata.name ?? '', ['Active']);
    const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
    const answer = await stage.table.gameMaster.waitToHear({
      from: stage.table.applicationId,
      afterMs: said.lastVoicedAt,
      silenceMs: 1500,
      timeoutMs: 60_000,
    });
    expect(answer.durationMs).toBeGreaterThan(1000);
    await stage.command('stop');
    const ended = await stage.reach(session.metadata.name ?? '', ['Ended', 'Failed']);
    expect(ended.status).toMatchObject({ phase: 'Ended', endReason: 'Requested' });
    await stage.nothingLeftOf(ended);
    const logs = await stage.kubectl.run(['logs', 'skald-gateway-0-0', '-n', 'skald-system']);
    expect(logs).not.toContain(stage.table.token);
    expect(logs).not.toContain('vault:v1:');
  });
});
