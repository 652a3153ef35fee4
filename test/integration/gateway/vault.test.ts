// The gateway with a real Vault: it gets at a tenant's bot token as that tenant, and in no other way.
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { tenants } from '../../../gateway/resources.ts';
import type { GatewayVault } from '../../../gateway/tenants/tenant-vault.ts';
import { serviceAccounts } from '../../../src/kube/index.ts';
import { BOT_SERVICE_ACCOUNT, Transit, transitKeyOf, VAULT_ROLES } from '../../../src/vault/index.ts';
import { VaultScene } from '../vault/scene.ts';
import { eventually, Scene, type SceneOptions } from './scene.ts';

/** Longest pause between two tries (15 s), and time for the rest. */
const RECOVERY_MS = 20_000;

let vault: VaultScene;
let scene: Scene;

beforeAll(async () => {
  vault = await VaultScene.create({ kubeconfig: inject('kubeconfig') });
}, 180_000);

afterAll(async () => {
  await vault?.close();
});

beforeEach(async () => {
  scene = await newScene();
});

afterEach(async () => {
  await scene?.close();
});

/** With the ServiceAccount that the operator makes for each tenant. */
async function newScene(options: Partial<SceneOptions> = {}): Promise<Scene> {
  const made = await Scene.create({
    kubeconfig: inject('kubeconfig'),
    databaseUrl: inject('databaseUrl'),
    ...options,
  });
  await made.client.create(serviceAccounts, {
    metadata: { name: BOT_SERVICE_ACCOUNT, namespace: made.namespace },
    automountServiceAccountToken: false,
  });
  return made;
}

function gatewayVault(): GatewayVault {
  return { settings: vault.settings(VAULT_ROLES.bot), refreshMs: 200 };
}

const start = (connected = true): Promise<Gateway> =>
  scene.startGateway({ vault: gatewayVault(), connected });

/** What the operator makes of a token. */
const encrypted = (token: string, namespace = scene.namespace): Promise<string> =>
  new Transit(vault.controller()).encrypt(transitKeyOf(namespace), token);

const statusOf = (gateway: Gateway, of = scene) => gateway.directory.statusOf(of.tenantName);

const says = (gateway: Gateway, reason: string, timeoutMs?: number): Promise<string> =>
  eventually(
    `the gateway says ${reason}`,
    () => {
      const status = statusOf(gateway);
      return status.reason === reason ? status.message || 'nothing more' : undefined;
    },
    timeoutMs,
  );

const putToken = (token: string): Promise<unknown> =>
  vault.vault.call('POST', `secret/data/skald/${scene.namespace}/discord/bot`, { data: { token } });

/** The bot token is in Vault and in no Secret. */
async function keepTokenInVault(path = `secret/data/skald/${scene.namespace}/discord/bot`): Promise<void> {
  const discord = { botTokenSecretRef: null, vault: { path, key: 'token' } };
  await scene.client.patch(tenants, { name: scene.tenantName }, { merge: { spec: { discord } } });
}

test('a token that is encrypted at rest connects its bot, and is nowhere in the log', async () => {
  const ciphertext = await encrypted(scene.botToken);
  await scene.writeToken(ciphertext);
  await start();
  for (const mark of [scene.botToken, ciphertext, 'eyJ']) expect(scene.log).not.toContain(mark);
});

test('another tenant’s ciphertext is of no use', async () => {
  await scene.writeToken(await encrypted(scene.botToken, 'skald-somebody'));
  const gateway = await start(false);
  expect(await says(gateway, 'VaultRefused')).toContain('no such Transit key');
  // With a key of its own it is no other.
  await encrypted('something');
  const message = await eventually(
    'the key does not fit',
    () => {
      const { reason, message: text } = statusOf(gateway);
      return reason === 'VaultRefused' && text.includes('does not belong to this Transit key') && text;
    },
    RECOVERY_MS,
  );
  expect(message).not.toContain('vault:v1');
  await scene.writeToken(await encrypted(scene.botToken));
  await scene.connected(gateway);
});

test('while Vault is sealed: who is connected stays, plaintext connects, ciphertext says why and recovers', async () => {
  await scene.writeToken(await encrypted(scene.botToken));
  const gateway = await start();
  const waiting = await newScene();
  const plain = await newScene();
  try {
    await waiting.assign(undefined);
    await waiting.writeToken(await encrypted(waiting.botToken, waiting.namespace));
    const again = await encrypted(scene.botToken);
    await vault.vault.seal();
    // Each scene has a Discord of its own, and so a gateway of its own.
    await waiting.assign('skald-gateway-0');
    const second = await waiting.startGateway({ vault: gatewayVault(), connected: false });
    await plain.startGateway({ vault: gatewayVault() });
    const message = await eventually('it says that Vault is away', () => {
      const { reason, message: text } = statusOf(second, waiting);
      return reason === 'VaultUnavailable' && text;
    });
    expect(message).toContain('sealed');
    expect(message).not.toContain('vault:v1');
    // A changed Secret cannot be read now: the bot goes on with the token that it has.
    await scene.writeToken(again);
    await eventually('the new ciphertext was tried', () => scene.log.includes('cannot be had from Vault'));
    expect(statusOf(gateway)).toMatchObject({ connected: true });
    await vault.vault.unseal();
    await eventually('it connects by itself', () => statusOf(second, waiting).connected, RECOVERY_MS);
    expect(statusOf(gateway)).toMatchObject({ connected: true });
    expect(scene.log.match(/Bot connected to Discord/g)).toHaveLength(1);
  } finally {
    await vault.vault.unseal().catch(() => {});
    await waiting.close();
    await plain.close();
  }
}, 90_000);

test('while Vault is not there at all: says so, and recovers when it is back', async () => {
  await scene.writeToken(await encrypted(scene.botToken));
  await vault.vault.kill();
  const gateway = await start(false);
  expect(await says(gateway, 'VaultUnavailable')).toContain('cannot be reached');
  await vault.vault.restart();
  await vault.vault.unseal();
  await eventually('it connects by itself', () => statusOf(gateway).connected, RECOVERY_MS);
}, 90_000);

test('a token in Vault is followed: changed, taken away, put back', async () => {
  await putToken(scene.botToken);
  await keepTokenInVault();
  await scene.writeToken(undefined);
  const gateway = await start();
  await putToken('no.such.token');
  await says(gateway, 'InvalidToken');
  await putToken(scene.botToken);
  await scene.connected(gateway);
  // A disturbance in between changes nothing for a bot that is connected.
  await vault.vault.seal();
  await eventually('Vault was missed', () => scene.log.includes('cannot be had from Vault'));
  expect(statusOf(gateway)).toMatchObject({ connected: true });
  await vault.vault.unseal();
  await vault.vault.call('DELETE', `secret/metadata/skald/${scene.namespace}/discord/bot`);
  await says(gateway, 'VaultSecretMissing', RECOVERY_MS);
  expect(scene.log).not.toContain(scene.botToken);
}, 90_000);

test('a path that is not the tenant’s is refused, and the answer names what is allowed', async () => {
  await keepTokenInVault('secret/data/skald/skald-other/discord/bot');
  const gateway = await start(false);
  expect(await says(gateway, 'VaultPathNotAllowed')).toContain(
    `below secret/data/skald/${scene.namespace}/discord/`,
  );
});

test('a gateway that the tenant is not bound to gets no token of it from Kubernetes, until it is', async () => {
  await scene.close();
  scene = await newScene({ tokenReadable: false });
  await putToken(scene.botToken);
  await keepTokenInVault();
  const gateway = await start(false);
  expect(await says(gateway, 'VaultDenied')).toContain(
    'may not ask for a token of the ServiceAccount skald-bot',
  );
  await scene.makeTokenReadable();
  await eventually('it connects', () => statusOf(gateway).connected, RECOVERY_MS);
}, 60_000);
