import { stringify } from 'yaml';
import type { KeyAndCertificate } from './certificates.ts';

export interface KubeconfigInput {
  /** Name of cluster, user and context. */
  name: string;
  /** https://host:port */
  server: string;
  /** PEM. */
  ca: string;
  credentials: { token: string } | KeyAndCertificate;
}

/** A kubeconfig with one cluster, one user and one context, everything inline, the server's certificate verified. */
export function kubeconfig(input: KubeconfigInput): string {
  const { name, credentials } = input;
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificate),
          'client-key-data': base64(credentials.key),
        };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: input.server, 'certificate-authority-data': base64(input.ca) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
