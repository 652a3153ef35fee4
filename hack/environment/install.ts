import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE } from '../../src/api/index.ts';
import type { EnvironmentInfo } from './environment.ts';
import type { Kubectl } from './kubectl.ts';
import { networkValues } from './network.ts';

const chart = fileURLToPath(new URL('../../helm/skald', import.meta.url));

/** Installs or upgrades the product with its chart, under restricted Pod Security, and waits until it is ready. */
export async function install(kubectl: Kubectl, info: EnvironmentInfo): Promise<void> {
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: SYSTEM_NAMESPACE,
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'skald-database', namespace: SYSTEM_NAMESPACE },
      stringData: { url: info.databaseAdministratorUrl },
    },
    ...(info.simulator
      ? [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'skald-extra-ca', namespace: SYSTEM_NAMESPACE },
            data: { 'ca.crt': await readFile(info.simulator.caFile, 'utf8') },
          },
        ]
      : []),
    ...(info.vault
      ? [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'skald-vault-ca', namespace: SYSTEM_NAMESPACE },
            data: { 'ca.crt': await readFile(info.vault.caFile, 'utf8') },
          },
        ]
      : []),
  ]);
  await kubectl.helm(
    [
      'upgrade',
      '--install',
      'skald',
      chart,
      '--namespace',
      SYSTEM_NAMESPACE,
      '--values',
      '-',
      '--wait',
      '--timeout',
      '90s',
    ],
    JSON.stringify({ ...values(info), networkPolicy: await networkValues(kubectl, info) }),
  );
}

function values(info: EnvironmentInfo): object {
  return {
    image: image(info.images.skald),
    speechImage: image(info.images.speech),
    database: { existingSecret: 'skald-database' },
    logLevel: 'debug',
    session: { moveAfterSeconds: 4 },
    ...(info.vault
      ? {
          vault: {
            address: info.vault.address,
            ca: { configMap: 'skald-vault-ca' },
            auth: { mount: info.vault.authMount },
          },
        }
      : {}),
    ...(info.simulator
      ? { extraCA: { configMap: 'skald-extra-ca' }, gateway: { discordApiUrl: info.simulator.apiUrl } }
      : {}),
  };
}

/** `repository:tag` as the chart wants it; the image is in the node already, by this very tag. */
function image(reference: string): { repository: string; tag: string; pullPolicy: string } {
  const colon = reference.lastIndexOf(':');
  return {
    repository: reference.slice(0, colon),
    tag: reference.slice(colon + 1),
    pullPolicy: 'IfNotPresent',
  };
}
