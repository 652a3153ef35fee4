import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { AttachError } from '../../../src/rpc/attach-error.ts';
import { Inbox } from './inbox.ts';
import { programConnected } from './program.ts';
import { eventually, Scene } from './scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
});

afterEach(async () => {
  await scene?.close();
});

/** The next pod of the slot is made when this one is gone: whatever stays open keeps the slot's bots away. */
test('the program ends soon after SIGTERM, and its worker and the operator are told', async () => {
  const port = await freePort();
  const program = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../../cli/skald.ts', import.meta.url)), 'gateway'],
    { env: await scene.gatewayEnvironment(port), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  const exited = once(program, 'exit');
  try {
    await programConnected(scene, port);
    await scene.createSession('evening');
    await scene.operatorStatus('evening', { phase: 'Provisioning', worker: { jobName: 'evening-job' } });
    const identity = await scene.workerIdentity('evening-job');
    const inbox = await eventually('the worker is served', async () => {
      const attempt = new Inbox(await scene.dial({ port }, { identity }));
      return await attempt.next('configure').then(
        () => attempt,
        () => undefined,
      );
    });
    const asked = performance.now();
    program.kill('SIGTERM');
    const end = await inbox.ended();
    const [code] = await exited;
    const left = performance.now() - asked;
    expect(end).toBeInstanceOf(AttachError);
    expect(code, log).toBe(0);
    expect(left, log).toBeLessThan(3_000);
  } finally {
    if (program.exitCode === null) program.kill('SIGKILL');
    await exited;
  }
}, 60_000);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
  return address.port;
}
