// `node hack/vault/main.ts --host ADDRESS --jwks-file FILE --system-namespace NAMESPACE --ready-file FILE`: a Vault as
// `skald vault setup` leaves it, for the demo and the e2e tests, as a program of its own. It verifies service accounts
// with the cluster's keys, and keeps its root token to itself.
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Admin } from '../../cli/vault/admin.ts';
import { setUp } from '../../cli/vault/apply.ts';
import { SETUP_DEFAULTS } from '../../cli/vault/defaults.ts';
import { HttpTransport } from '../../src/vault/transport.ts';
import { startVault } from './index.ts';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    /** What `kubectl get --raw /openid/v1/jwks` says. */
    'jwks-file': { type: 'string' },
    'ready-file': { type: 'string' },
  },
});

const jwks: { keys: import('node:crypto').JsonWebKey[] } = JSON.parse(
  await readFile(values['jwks-file'] ?? '', 'utf8'),
);
const publicKeys = jwks.keys.map((key) =>
  createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString(),
);
const vault = await startVault({ bindAddress: values.host, tls: true });
const transport = new HttpTransport(vault);
await setUp(
  new Admin(transport, vault.rootToken),
  {
    ...SETUP_DEFAULTS,
    authType: 'jwt',
    authMount: 'jwt',
    verification: { kind: 'keys', publicKeys },
    tenantNamespaces: [],
  },
  false,
);
transport.close();
if (values['ready-file']) {
  const ready = { address: vault.address, caFile: vault.caFile, authMount: 'jwt', pid: process.pid };
  await writeFile(values['ready-file'], JSON.stringify(ready), { mode: 0o600 });
}
// The server's handle holds no event loop open; this does.
const alive = setInterval(() => {}, 60_000);
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
clearInterval(alive);
await vault.stop();
