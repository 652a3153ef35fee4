// What the operator's and the chart's NetworkPolicies let through, asked from inside pods that have a worker's labels.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { network } from '../../hack/cluster/layout.ts';
import { requireProgram } from '../../hack/process/find-program.ts';
import { run } from '../../hack/process/run.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { DEFAULT_SYSTEM_NAMESPACE as SYSTEM, type Tenant } from '../../src/api/index.ts';
import { UNENFORCED_LABEL } from '../network/enforcer.ts';
import { Stage } from './harness.ts';
import { Probe, type Target } from './probe.ts';

const METADATA = '169.254.169.254';
const WORKER = { 'skald.dev/component': 'worker' };
const MONITORING = 'monitoring';
/** Where probes listen: metrics, and something that nobody is meant to reach. */
const PORTS = [8080, 9229];

/** Port 80 of the address at which clouds serve a node's credentials, on this machine, and UDP as Discord's voice. */
async function startOthers(): Promise<{ readonly voicePort: number; stop(): Promise<void> }> {
  const ip = requireProgram('ip', 'Install the Debian package iproute2.');
  await run(ip, ['address', 'replace', `${METADATA}/32`, 'dev', network.bridge]);
  const metadata = createServer((socket) => socket.end());
  const voice = createSocket('udp4');
  voice.on('message', (message, { address, port }) => voice.send(message, port, address));
  metadata.listen(80, METADATA);
  voice.bind(0, network.hostAddress);
  await Promise.all([once(metadata, 'listening'), once(voice, 'listening')]);
  return {
    voicePort: voice.address().port,
    async stop() {
      voice.close();
      await new Promise((resolve) => metadata.close(resolve));
      await run(ip, ['address', 'delete', `${METADATA}/32`, 'dev', network.bridge]);
    },
  };
}

// Elsewhere a plugin enforces them, and this machine's addresses are others.
describe.runIf(inject('enforced'))('network policies, in force', () => {
  let stage: Stage;
  let others: Awaited<ReturnType<typeof startOthers>>;
  let worker: Probe;
  let stray: Probe;
  let neighbour: Probe;
  let monitoring: Probe;
  const neighbourTenant = 'network-neighbour';
  const neighbourNamespace = `skald-${neighbourTenant}`;

  beforeAll(async () => {
    others = await startOthers();
    stage = await Stage.open(8);
    const { kubectl, info, namespace } = stage;
    const discord = { ...stage.tenant.spec.discord, applicationId: '200000000000080099' };
    const tenant: Tenant = {
      ...stage.tenant,
      metadata: { name: neighbourTenant },
      spec: { ...stage.tenant.spec, discord, deletionPolicy: 'Delete' },
    };
    await kubectl.apply([tenant, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: MONITORING } }]);
    await kubectl.run([
      'wait',
      `tenant/${neighbourTenant}`,
      '--for=condition=NamespaceReady',
      '--timeout=60s',
    ]);
    const probe = (place: string, name: string, labels = {}) =>
      Probe.start(kubectl, { namespace: place, name, labels, image: info.images.skald, ports: PORTS });
    [worker, stray, neighbour, monitoring] = await Promise.all([
      probe(namespace, 'probe-worker', WORKER),
      probe(namespace, 'probe-stray'),
      probe(neighbourNamespace, 'probe-neighbour', WORKER),
      probe(MONITORING, 'probe-monitoring'),
    ]);
  });

  afterAll(async () => {
    await Promise.all([worker, stray, neighbour, monitoring].map((probe) => probe?.remove()));
    await stage?.kubectl.run(['delete', 'tenant', neighbourTenant, '--ignore-not-found', '--timeout=60s']);
    await stage?.kubectl.run(['delete', 'namespace', MONITORING, '--ignore-not-found', '--timeout=60s']);
    await others?.stop();
  });

  async function podIp(namespace: string, selector: string): Promise<string> {
    const path = 'jsonpath={.items[0].status.podIP}';
    return stage.kubectl.run(['get', 'pods', '-n', namespace, '-l', selector, '-o', path]);
  }

  function address(url: string): { host: string; port: number } {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port) };
  }

  async function allowed(): Promise<Record<string, Target>> {
    const gateway = `skald-gateway-0.${SYSTEM}.svc`;
    return {
      'the cluster’s DNS': { host: `${gateway}.cluster.local`, port: 0, by: 'dns' },
      'its gateway, by its Service': { host: gateway, port: 8443 },
      'its gateway, by its address': { host: await podIp(SYSTEM, 'skald.dev/component=gateway'), port: 8443 },
      PostgreSQL: address(stage.info.databaseUrl),
      'its language model': address(stage.info.chatUrl),
      'a voice server, UDP on any port': { host: network.hostAddress, port: others.voicePort, by: 'udp' },
    };
  }

  async function denied(): Promise<Record<string, Target>> {
    const server = JSON.parse(
      await stage.kubectl.run([
        'config',
        'view',
        '--minify',
        '-o',
        'jsonpath="{.clusters[0].cluster.server}"',
      ]),
    );
    return {
      'the metadata service': { host: METADATA, port: 80 },
      'the API server, by its Service': { host: 'kubernetes.default.svc', port: 443 },
      'the API server, by its address': address(server),
      'the kubelet': { host: network.nodeAddress, port: 10_250 },
      'a worker of another tenant': { host: neighbour.ip, port: 9229 },
      'metrics of another tenant’s worker': { host: neighbour.ip, port: 8080 },
      'another pod of its own namespace': { host: stray.ip, port: 9229 },
      'the controller': { host: await podIp(SYSTEM, 'skald.dev/component=controller'), port: 8080 },
      'another port of its gateway': { host: `skald-gateway-0.${SYSTEM}.svc`, port: 8080 },
      'another port of the DNS pods': { host: await podIp('kube-system', 'k8s-app=kube-dns'), port: 8181 },
    };
  }

  const all = (targets: Readonly<Record<string, Target>>, result: string) =>
    Object.fromEntries(Object.keys(targets).map((name) => [name, result]));

  it('a worker reaches what it needs', async () => {
    const targets = await allowed();
    expect(await worker.ask(targets)).toEqual(all(targets, 'connected'));
  });

  it('a worker reaches nothing else', async () => {
    const targets = await denied();
    expect(await worker.ask(targets)).toEqual(all(targets, 'silence'));
  });

  it('a pod of the tenant that is no worker reaches nothing at all', async () => {
    const targets = { ...(await allowed()), ...(await denied()) };
    delete targets['another pod of its own namespace'];
    delete targets['the cluster’s DNS'];
    const named = Object.entries(targets).filter(([, { host }]) => host.endsWith('.svc'));
    for (const [name] of named) delete targets[name];
    expect(Object.keys(targets).length).toBeGreaterThan(9);
    expect(await stray.ask(targets)).toEqual(all(targets, 'silence'));
  });

  it('a worker is reached for its metrics, from the monitoring namespace, and for nothing else', async () => {
    const targets = {
      metrics: { host: worker.ip, port: 8080 },
      'anything else': { host: worker.ip, port: 9229 },
    };
    expect(await monitoring.ask(targets)).toEqual({ metrics: 'connected', 'anything else': 'silence' });
    expect(await neighbour.ask(targets)).toEqual(all(targets, 'silence'));
    expect(await stray.ask(targets)).toEqual(all(targets, 'silence'));
  });

  it('controller and gateways give monitoring their metrics, and no tenant anything but 8443 of a gateway', async () => {
    const [gateway, controller] = await Promise.all(
      ['gateway', 'controller'].map((name) => podIp(SYSTEM, `skald.dev/component=${name}`)),
    );
    const targets = {
      'the gateway’s metrics': { host: gateway ?? '', port: 8080 },
      'the controller’s metrics': { host: controller ?? '', port: 8080 },
    };
    expect(await monitoring.ask(targets)).toEqual(all(targets, 'connected'));
    const grpc = { gateway: { host: gateway ?? '', port: 8443 } };
    expect(await monitoring.ask(grpc)).toEqual({ gateway: 'silence' });
    expect(await neighbour.ask({ ...targets, ...grpc })).toEqual({
      ...all(targets, 'silence'),
      gateway: 'connected',
    });
  });

  it('without the policies everything that was denied connects: it was these that denied it', async () => {
    const targets = await denied();
    const namespaces = [stage.namespace, neighbourNamespace, SYSTEM];
    const enforce = (value: string) =>
      stage.kubectl.run(['label', 'namespace', ...namespaces, '--overwrite', `${UNENFORCED_LABEL}=${value}`]);
    const becomes = async (result: string): Promise<number> => {
      const since = performance.now();
      let last: Record<string, string> = {};
      await waitUntil(
        async () => {
          last = await worker.ask(targets);
          return Object.values(last).every((one) => one === result);
        },
        {
          what: `all to be "${result}"`,
          deadlineMs: 20_000,
          everyMs: 50,
          detail: () => JSON.stringify(last),
        },
      );
      return performance.now() - since;
    };
    await enforce('true');
    try {
      await becomes('connected');
    } finally {
      await enforce('false');
    }
    await becomes('silence');
  });
});
