/** Service accounts and their tokens, from a real API server; and the key that verifies them, as Vault wants it. */
import { createPrivateKey, createPublicKey, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { ApiClient } from '../../../hack/cluster/api-client.ts';

interface KubeconfigDocument {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

export class ServiceAccounts {
  readonly #api: ApiClient;
  readonly #folder: string;
  readonly #made = new Set<string>();

  /** Of the API server: URL, and the CA that verifies it. */
  readonly server: string;
  readonly caPem: string;

  private constructor(api: ApiClient, folder: string, server: string, caPem: string) {
    this.#api = api;
    this.#folder = folder;
    this.server = server;
    this.caPem = caPem;
  }

  /** @param kubeconfig of an administrator of a control plane from hack/cluster */
  static async of(kubeconfig: string): Promise<ServiceAccounts> {
    const document: KubeconfigDocument = parse(await readFile(kubeconfig, 'utf8'));
    const cluster = document.clusters[0]?.cluster;
    const token = document.users[0]?.user.token;
    if (!cluster || !token) throw new Error(`${kubeconfig} is not of a control plane from hack/cluster`);
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8');
    return new ServiceAccounts(
      new ApiClient(cluster.server, ca, token),
      dirname(kubeconfig),
      cluster.server,
      ca,
    );
  }

  /** The API server's own document of the keys that it signs tokens with. */
  async jwks(): Promise<{ keys: JsonWebKey[] }> {
    const answer = await this.#api.get('/openid/v1/jwks');
    if (typeof answer !== 'object' || answer === null || !('keys' in answer) || !Array.isArray(answer.keys)) {
      throw new Error('the API server has no keys');
    }
    return { keys: answer.keys };
  }

  /** The same as PEM. */
  async publicKeys(): Promise<string[]> {
    const { keys } = await this.jwks();
    return keys.map((jwk) =>
      createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
    );
  }

  /** A token by TokenRequest, as the kubelet and the gateway get one; makes namespace and service account. */
  async token(namespace: string, name: string, audience: string): Promise<string> {
    await this.#ensure(namespace, name);
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const answer = await this.#api.call('POST', path, {
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [audience], expirationSeconds: 600 },
      }),
    });
    const parsed: { status?: { token?: string } } = JSON.parse(answer.body);
    if (!parsed.status?.token) throw new Error(`TokenRequest answered ${answer.status}`);
    return parsed.status.token;
  }

  /**
   * The same token as it would be when its time is over: TokenRequest gives none for less than ten minutes, so this one
   * is signed here with the API server's own key.
   */
  async expired(token: string): Promise<string> {
    return this.#signed(token, { exp: Math.floor(Date.now() / 1000) - 600, iat: 1, nbf: 1 });
  }

  /** A token with which Vault may ask the API server about others' tokens. */
  async tokenReviewer(namespace: string, name: string): Promise<string> {
    const token = await this.token(namespace, name, 'https://kubernetes.default.svc');
    const id = `${namespace}-${name}-token-reviewer`;
    await this.#api.apply(`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${id}`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: id },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:auth-delegator' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
    return token;
  }

  async remove(namespace: string, name: string): Promise<void> {
    await this.#api.call('DELETE', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
    this.#made.delete(`${namespace}/${name}`);
  }

  /** The token with other claims, signed with the API server's key. */
  async #signed(token: string, claims: object): Promise<string> {
    const [header = '', payload = ''] = token.split('.');
    const own: object = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const body = Buffer.from(JSON.stringify({ ...own, jti: randomUUID(), ...claims })).toString('base64url');
    const key = createPrivateKey(await readFile(join(this.#folder, 'service-account.key'), 'utf8'));
    const signature = sign('RSA-SHA256', Buffer.from(`${header}.${body}`), key).toString('base64url');
    return `${header}.${body}.${signature}`;
  }

  close(): void {
    this.#api.close();
  }

  async #ensure(namespace: string, name: string): Promise<void> {
    const id = `${namespace}/${name}`;
    if (this.#made.has(id)) return;
    await this.#api.apply(`/api/v1/namespaces/${namespace}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    await this.#api.apply(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
    });
    this.#made.add(id);
  }
}
