import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterCa, createServiceAccountKey, type Identity } from './certificates.ts';
import { kubeconfig } from './kubeconfig.ts';
import { contextName, type Layout, network, nodeName, secondNodeName } from './layout.ts';

/** Each program has the identity that the API server's own roles are made for. */
const kubeconfigIdentities: Readonly<Record<string, Identity>> = {
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
  kubelet: { commonName: `system:node:${nodeName}`, organizations: ['system:nodes'] },
  // Issued at once, because nobody keeps the key of the cluster's authority.
  'kubelet-2': { commonName: `system:node:${secondNodeName}`, organizations: ['system:nodes'] },
  proxy: { commonName: 'system:kube-proxy' },
};

const certificateIdentities: Readonly<Record<string, Identity>> = {
  etcd: { commonName: 'etcd', hosts: ['127.0.0.1'] },
  apiserver: {
    commonName: 'kube-apiserver',
    hosts: [
      network.nodeAddress,
      network.apiServiceAddress,
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${network.clusterDomain}`,
    ],
  },
  'apiserver-kubelet': { commonName: 'kube-apiserver', organizations: ['system:masters'] },
  kubelet: { commonName: nodeName, hosts: [network.nodeAddress, nodeName] },
};

/** Writes every certificate, key and kubeconfig of a new local cluster. */
export async function writeKeys(paths: Layout, server: string): Promise<{ ca: string; adminToken: string }> {
  await mkdir(paths.keys, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): Promise<void> =>
    writeFile(join(paths.keys, name), text, { mode: 0o600 });
  const [ca, serviceAccounts] = await Promise.all([
    ClusterCa.create('skald-cluster'),
    createServiceAccountKey(),
  ]);
  const adminToken = randomBytes(24).toString('hex');
  await Promise.all([
    write('ca.crt', ca.certificate),
    write('service-account.key', serviceAccounts.key),
    write('service-account.pub', serviceAccounts.publicKey),
    write('tokens.csv', `${adminToken},admin,admin,"system:masters"\n`),
    writeFile(
      paths.kubeconfig,
      kubeconfig({ name: contextName, server, ca: ca.certificate, credentials: { token: adminToken } }),
      { mode: 0o600 },
    ),
    ...Object.entries(certificateIdentities).map(async ([name, identity]) => {
      const issued = await ca.issue(identity);
      await Promise.all([write(`${name}.crt`, issued.certificate), write(`${name}.key`, issued.key)]);
    }),
    ...Object.entries(kubeconfigIdentities).map(async ([name, identity]) => {
      const credentials = await ca.issue(identity);
      await write(
        `${name}.kubeconfig`,
        kubeconfig({ name: contextName, server, ca: ca.certificate, credentials }),
      );
    }),
  ]);
  return { ca: ca.certificate, adminToken };
}
