// `npm run demo`: one voice session from slash command to spoken answer, on a real cluster. See options.ts for help.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Campaign, Tenant } from '../../src/api/index.ts';
import type { TranscriptSegment } from '../../src/store/index.ts';
import { SimulatorClient } from '../../test/discord/client.ts';
import { type Environment, startEnvironment } from '../environment/environment.ts';
import { explainFailure } from '../environment/explain-failure.ts';
import { playerSays } from '../environment/player-voice.ts';
import { Progress } from '../environment/progress.ts';
import { applyTenant, namespaceOf, readManifest, setUpTable, tenantOffline } from '../environment/table.ts';
import { clearFormerRun } from '../environment/teardown.ts';
import { type DemoOptions, help, parseDemoOptions, realDiscord, UsageError } from './options.ts';
import { playRealScene } from './real-discord.ts';
import { playScene, type SceneResult } from './scene.ts';

const output = resolve('dist/demo');

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(help);
    return 0;
  }
  const progress = new Progress();
  if (options.down) {
    await clearFormerRun(progress.note);
    return 0;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      progress.note('Stopping; what was started is being removed');
      stop.abort(new Error(`interrupted by ${name}`));
    });
  }
  const started = performance.now();
  try {
    const { result, leftovers } = await demo(options, progress, stop.signal);
    report(result, progress, options, leftovers, performance.now() - started);
    return leftovers.length === 0 ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    throw error;
  }
}

async function demo(
  options: DemoOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ result: SceneResult; leftovers: string[] }> {
  const real = realDiscord(process.env);
  const sample = await readManifest<Tenant>('config/samples/tenant.yaml', 'Tenant');
  const campaign = await readManifest<Campaign>(options.campaign, 'Campaign');
  const environment = await startEnvironment({
    progress,
    signal,
    context: options.context,
    simulator: real === undefined,
    keepOnFailure: options.keep,
  });
  let kept = false;
  let result: SceneResult;
  let leftovers: string[] = [];
  try {
    const tenant = tenantOffline(sample, {
      chatUrl: environment.info.chatUrl,
      ...(real ? { discord: real } : {}),
    });
    const scene = { environment, tenant, campaign, progress, signal };
    await mkdir(output, { recursive: true });
    if (real) {
      result = await playRealScene({ ...scene, token: real.token });
    } else {
      result = await orInterrupted(signal, simulated(scene, options));
    }
    if (options.keep) {
      await environment.keep();
      kept = true;
      explainKept(environment, tenant, progress);
    }
  } catch (error) {
    if (!signal.aborted) await explainFailure(environment.kubectl, progress.note);
    if (options.keep) {
      await environment.keep();
      kept = true;
    }
    throw error;
  } finally {
    if (!kept) leftovers = await progress.step('cleanup', 'Removing everything', () => environment.stop());
  }
  return { result, leftovers };
}

/** Ctrl-C does not wait for somebody to finish speaking. What goes on meanwhile ends with its environment. */
async function orInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const interrupted = Promise.withResolvers<never>();
  const onAbort = (): void => interrupted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, interrupted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => {});
  }
}

async function simulated(
  scene: {
    environment: Environment;
    tenant: Tenant;
    campaign: Campaign;
    progress: Progress;
    signal: AbortSignal;
  },
  options: DemoOptions,
): Promise<SceneResult> {
  const { environment, tenant, campaign, progress } = scene;
  const simulator = await SimulatorClient.connect(environment.info.simulator?.controlUrl ?? '');
  const table = await setUpTable(simulator, tenant);
  const wav = /\.wav$/i.test(options.say) ? options.say : await playerSays(options.say, progress.note);
  await progress.step('apply', 'Applying Tenant and Campaign', () =>
    applyTenant(environment.kubectl, tenant, table.token, [campaign]),
  );
  return await playScene({
    ...scene,
    simulator,
    table,
    campaign: campaign.metadata.name ?? '',
    wav: resolve(wav),
    recording: resolve(output, 'answer.wav'),
    stop: !options.keep,
  });
}

function report(
  result: SceneResult,
  progress: Progress,
  options: DemoOptions,
  left: readonly string[],
  totalMs: number,
): void {
  const print = (line = ''): void => void process.stdout.write(`${line}\n`);
  print();
  print(styleText('bold', 'Transcript'));
  for (const segment of result.transcript) print(transcriptLine(segment));
  print();
  print(styleText('bold', '$ kubectl get voicesessions --all-namespaces'));
  print(result.table.trimEnd());
  print();
  print(styleText('bold', 'Times'));
  for (const [name, ms] of Object.entries(progress.steps)) {
    print(`  ${name.padEnd(12)} ${(ms / 1000).toFixed(1).padStart(7)} s`);
  }
  print(`  ${'total'.padEnd(12)} ${(totalMs / 1000).toFixed(1).padStart(7)} s`);
  print(
    `  /session start to listening: ${result.listeningMs} ms; last word to first sound of the answer: ${result.responseMs} ms`,
  );
  print();
  if (result.recording) print(`The answer (${result.answerSeconds} s) is in ${result.recording}`);
  if (left.length > 0) print(styleText('red', `Left behind: ${left.join('; ')}`));
  if (options.json) {
    print(
      JSON.stringify({
        phase: result.phase,
        heard: result.heard,
        npc: result.npc,
        answer: result.answer,
        answerSeconds: result.answerSeconds,
        recording: result.recording ?? null,
        responseMs: result.responseMs,
        listeningMs: result.listeningMs,
        steps: progress.steps,
        leftovers: left,
      }),
    );
  }
}

function transcriptLine(segment: TranscriptSegment): string {
  const to = segment.addressedNpc ? ` (to ${segment.addressedNpc})` : '';
  return `  ${segment.speakerName}${to}: ${segment.text}`;
}

function explainKept(environment: Environment, tenant: Tenant, progress: Progress): void {
  const { info, kubectl } = environment;
  progress.note('Everything keeps running:');
  progress.note(`  ${kubectl.commandLine()} get voicesessions --namespace ${namespaceOf(tenant)}`);
  if (info.simulator) progress.note(`  Discord simulator, control API: ${info.simulator.controlUrl}`);
  progress.note('  npm run demo -- --down removes it');
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `demo: ${error.message}\nnpm run demo -- --help shows the options.`;
  const lines: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    lines.push(lines.length === 0 ? `demo: ${cause.message}` : `  because: ${cause.message}`);
  }
  return lines.join('\n') || String(error);
}
