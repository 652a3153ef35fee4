// A pod that asks for connections as a worker would, and is asked for some: the product's image, its Node, nothing else.
import type { Kubectl } from '../../hack/environment/kubectl.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** `dns`: the host is a name that is looked up, the port does not matter. @defaultValue tcp */
  readonly by?: 'tcp' | 'udp' | 'dns';
}

/** How long a connection that nobody answers is waited for, milliseconds. */
const PATIENCE_MS = 1500;

/** Serves on every port given, so that what does not answer was kept from it. */
const SERVER = `for (const port of process.argv.slice(1).map(Number)) {
  require('node:net').createServer((socket) => socket.end()).listen(port);
}`;

/** Prints one word for each target: what came of it. */
const CLIENT = `const { connect } = require('node:net');
const attempts = {
  tcp: ({ host, port }, done) => {
    const socket = connect({ host, port });
    socket.once('connect', () => done('connected')).once('error', (error) => done(error.code));
  },
  udp: ({ host, port }, done) => {
    const socket = require('node:dgram').createSocket('udp4');
    socket.once('message', () => done('connected')).once('error', (error) => done(error.code));
    socket.send('?', port, host);
  },
  dns: ({ host }, done) => require('node:dns').lookup(host, (error) => done(error ? error.code : 'connected')),
};
const targets = JSON.parse(process.argv[1]);
Promise.all(targets.map((target) => new Promise((done) => {
  attempts[target.by ?? 'tcp'](target, done);
  setTimeout(() => done('silence'), ${PATIENCE_MS});
}))).then((results) => { console.log(JSON.stringify(results)); process.exit(); });`;

export interface ProbeOptions {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** TCP ports that it listens on. */
  readonly ports: readonly number[];
}

export class Probe {
  readonly #kubectl: Kubectl;
  readonly #options: ProbeOptions;
  readonly ip: string;

  private constructor(kubectl: Kubectl, options: ProbeOptions, ip: string) {
    this.#kubectl = kubectl;
    this.#options = options;
    this.ip = ip;
  }

  static async start(kubectl: Kubectl, options: ProbeOptions): Promise<Probe> {
    const { namespace, name, image, labels = {}, ports } = options;
    await kubectl.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, labels },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 0,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'probe',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['/app/node', '-e', SERVER, ...ports.map(String)],
              // The kubelet reaches it whatever the policies say: the pod becomes ready under them.
              readinessProbe: { tcpSocket: { port: ports[0] }, periodSeconds: 1 },
              resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '256Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    ]);
    const where = ['--namespace', namespace, `pod/${name}`];
    await kubectl.run(['wait', '--for=condition=Ready', '--timeout=60s', ...where]);
    const ip = await kubectl.run(['get', ...where, '-o', 'jsonpath={.status.podIP}']);
    return new Probe(kubectl, options, ip);
  }

  /** `connected`, `silence`, or the error's code, for each target by its name. */
  async ask<T extends string>(targets: Readonly<Record<T, Target>>): Promise<Record<T, string>> {
    const { namespace, name } = this.#options;
    const names = Object.keys(targets) as T[];
    const list = JSON.stringify(names.map((one) => targets[one]));
    const output = await this.#kubectl.run([
      ...['exec', '--namespace', namespace, name, '--', '/app/node', '-e', CLIENT, list],
    ]);
    const results: string[] = JSON.parse(output);
    return Object.fromEntries(names.map((one, index) => [one, results[index]])) as Record<T, string>;
  }

  async remove(): Promise<void> {
    const { namespace, name } = this.#options;
    await this.#kubectl.run([
      'delete',
      'pod',
      '--namespace',
      namespace,
      name,
      '--ignore-not-found',
      '--wait',
    ]);
  }
}
