import { describe, expect, test } from 'vitest';
import { mcpKeys } from '../../src/admission/mcp.ts';
import { effectiveProviders } from '../../src/admission/providers.ts';
import { loadControllerSettings, type WorkerSettings } from '../settings.ts';
import { JOB_NAME, session, tenant } from './fixtures.ts';
import { type WorkerJobRequest, workerJob } from './job.ts';
import { availableProfiles } from './sidecars.ts';

async function settings(env: Record<string, string> = {}): Promise<WorkerSettings> {
  return (await loadControllerSettings({ env })).worker;
}

async function request(changes: Partial<WorkerJobRequest> = {}): Promise<WorkerJobRequest> {
  return {
    session: session(),
    jobName: JOB_NAME,
    tenant: {
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'acme' },
      spec: tenant.spec,
    },
    profile: 'cloud',
    providers: {},
    mcpKeys: [],
    gatewayAddress: 'skald-gateway-0.skald-system.svc:8443',
    trustDomain: 'skald.local',
    maxDurationSeconds: 3600,
    backstopSeconds: 480,
    terminationGracePeriodSeconds: 30,
    settings: await settings(),
    hasExtraCa: false,
    hasDatabase: false,
    ...changes,
  };
}

async function podOf(changes: Partial<WorkerJobRequest> = {}) {
  const spec = workerJob(await request(changes)).spec?.template.spec;
  if (spec === undefined || spec === null) throw new Error('no pod');
  return spec;
}

describe('the worker Job', () => {
  test('runs one pod at a time, and takes its failures from the exit code table', async () => {
    const { spec, metadata } = workerJob(await request());
    expect(spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: 4080,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'worker', operator: 'In', values: [64, 65, 69] },
          },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { containerName: 'worker', operator: 'In', values: [143] } },
        ],
      },
    });
    // No TTL: the operator deletes it after it has read the result.
    expect(spec?.ttlSecondsAfterFinished).toBeUndefined();
    expect(metadata?.ownerReferences).toMatchObject([
      { kind: 'VoiceSession', uid: 'uid-1', controller: true },
    ]);
  });

  test('keeps to restricted Pod Security in every container', async () => {
    const env = { SKALD_WORKER_SIDECARS_SPEECH_IMAGE: 'skald-speech:dev' };
    const pod = await podOf({ profile: 'offline', settings: await settings(env) });
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsNonRoot: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
    }
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.containers[0]?.terminationMessagePolicy).toBe('File');
  });

  test('has the environment that the worker reads', async () => {
    const [worker] = (await podOf({ hasExtraCa: true })).containers;
    expect(worker?.command).toEqual(['/app/node', '/app/supervisor.js']);
    expect(worker?.env?.map(({ name, value }) => [name, value])).toEqual([
      ['SKALD_GATEWAY_ADDRESS', 'skald-gateway-0.skald-system.svc:8443'],
      ['SKALD_TRUST_DOMAIN', 'skald.local'],
      ['SKALD_PROFILE', 'cloud'],
      ['SKALD_LOG_LEVEL', 'info'],
      ['SKALD_POD_NAME', undefined],
      ['SKALD_POD_UID', undefined],
      ['NODE_EXTRA_CA_CERTS', '/var/run/skald/session/extra-ca.crt'],
    ]);
  });

  test('has its tenant’s DSN as a file, by the name of the one Secret for all workers', async () => {
    const pod = await podOf({ hasDatabase: true });
    expect(pod.volumes).toContainEqual({
      name: 'database',
      secret: { secretName: 'skald-database', items: [{ key: 'url', path: 'url' }], defaultMode: 0o440 },
    });
    const [worker] = pod.containers;
    expect(worker?.volumeMounts).toContainEqual({
      name: 'database',
      mountPath: '/var/run/skald/database',
      readOnly: true,
    });
    expect(worker?.env).toContainEqual({
      name: 'SKALD_DATABASE_URL_FILE',
      value: '/var/run/skald/database/url',
    });
  });

  test('mounts provider keys by reference, and only those that exist', async () => {
    const providers = effectiveProviders(
      {
        spec: {
          ...tenant.spec,
          providers: {
            tts: { kind: 'openai', apiKeySecretRef: { name: 's', key: 'k' } },
            stt: {
              kind: 'openai',
              baseURL: 'https://stt/v1',
              apiKeySecretRef: { name: 's', key: 'k' },
              fallback: { kind: 'deepgram', apiKeySecretRef: { name: 's', key: 'd' } },
            },
            speechToSpeech: { kind: 'openai', apiKeySecretRef: { name: 's', key: 'k' } },
            llm: { kind: 'openai', baseURL: 'https://llm/v1' },
          },
        },
      },
      undefined,
    );
    const pod = await podOf({ providers });
    expect(pod.volumes?.find(({ name }) => name === 'providers')?.projected?.sources).toEqual([
      { secret: { name: 's', items: [{ key: 'k', path: 'stt' }] } },
      { secret: { name: 's', items: [{ key: 'd', path: 'stt-fallback' }] } },
      { secret: { name: 's', items: [{ key: 'k', path: 'tts' }] } },
      { secret: { name: 's', items: [{ key: 'k', path: 'speechToSpeech' }] } },
    ]);
    const keys = pod.containers[0]?.env?.filter(({ name }) => name.includes('_API_KEY_'));
    expect(keys).toEqual([
      { name: 'SKALD_STT_API_KEY_FILE', value: '/var/run/skald/providers/stt' },
      { name: 'SKALD_STT_API_KEY_URL', value: 'https://stt/v1' },
      { name: 'SKALD_STT_FALLBACK_API_KEY_FILE', value: '/var/run/skald/providers/stt-fallback' },
      { name: 'SKALD_STT_FALLBACK_API_KEY_URL', value: 'https://api.deepgram.com/v1' },
      { name: 'SKALD_TTS_API_KEY_FILE', value: '/var/run/skald/providers/tts' },
      { name: 'SKALD_TTS_API_KEY_URL', value: 'https://api.openai.com/v1' },
      { name: 'SKALD_SPEECH_TO_SPEECH_API_KEY_FILE', value: '/var/run/skald/providers/speechToSpeech' },
      { name: 'SKALD_SPEECH_TO_SPEECH_API_KEY_URL', value: 'https://api.openai.com/v1' },
    ]);
  });

  test('mounts the keys of a campaign’s MCP servers, each with the one URL that it is for', async () => {
    const apiKeySecretRef = { name: 's', key: 'k' };
    const servers = [
      { name: 'tavern', url: 'https://tavern/mcp', apiKeySecretRef },
      { name: 'open', url: 'https://open/mcp' },
      { name: 'thief', url: 'https://thief/mcp', apiKeySecretRef: { name: 'skald-bot-token', key: 'token' } },
    ];
    const campaign = {
      spec: { language: 'en', npcs: [], mcpServers: servers, onVoiceChannelMoved: 'Follow' },
    } as const;
    const pod = await podOf({ mcpKeys: mcpKeys(campaign) });
    expect(pod.volumes?.find(({ name }) => name === 'providers')?.projected?.sources).toEqual([
      { secret: { name: 's', items: [{ key: 'k', path: 'mcp-tavern' }] } },
    ]);
    expect(pod.containers[0]?.volumeMounts?.map(({ name }) => name)).toContain('providers');
    const keys = pod.containers[0]?.env?.find(({ name }) => name === 'SKALD_MCP_API_KEYS');
    expect(JSON.parse(keys?.value ?? '')).toEqual([
      { name: 'tavern', file: '/var/run/skald/providers/mcp-tavern', url: 'https://tavern/mcp' },
    ]);
  });

  test('follows the tenant’s wishes for its pods', async () => {
    const base = await request();
    const worker = {
      profile: 'cloud',
      warm: 0,
      resources: { requests: { cpu: 1 }, limits: { memory: '1Gi' } },
      nodeSelector: { pool: 'voice' },
      tolerations: [{ key: 'voice', operator: 'Exists' }],
    } as const;
    const pod = await podOf({ tenant: { ...base.tenant, spec: { ...base.tenant.spec, worker } } });
    expect(pod).toMatchObject({
      nodeSelector: { pool: 'voice' },
      tolerations: [{ key: 'voice', operator: 'Exists' }],
    });
    expect(pod.containers[0]?.resources).toEqual({ requests: { cpu: '1' }, limits: { memory: '1Gi' } });
  });
});

describe('profiles', () => {
  test('are available when their sidecars have images', async () => {
    expect([...availableProfiles(await settings())]).toEqual(['cloud']);
    const env = { SKALD_WORKER_SIDECARS_SPEECH_IMAGE: 'a', SKALD_WORKER_SIDECARS_WHISPER_IMAGE: 'b' };
    expect([...availableProfiles(await settings(env))]).toEqual(['cloud', 'offline', 'whisper-native']);
  });

  test('offline has a native sidecar, and nothing that makes the worker wait for it', async () => {
    const env = { SKALD_WORKER_SIDECARS_SPEECH_IMAGE: 'skald-speech:dev' };
    const pod = await podOf({ profile: 'offline', settings: await settings(env) });
    expect(pod.initContainers).toMatchObject([
      { name: 'speech', image: 'skald-speech:dev', restartPolicy: 'Always' },
    ]);
    expect(pod.initContainers?.[0]).not.toHaveProperty('startupProbe');
    expect(pod.volumes?.map(({ name }) => name)).toContain('tmp-speech');
  });
});
