// `npm run cluster -- up|down|status|kubeconfig`: see --help.
import { Command } from 'commander';
import { down, status, type UpOptions, up } from './index.ts';
import { layout } from './layout.ts';
import { otherUsers } from './users.ts';

const say = (message: string): void => void process.stderr.write(`${message}\n`);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error(`Interrupted by ${name}`)));
}

const program = new Command('npm run cluster --')
  .description('A Kubernetes cluster for development and tests.')
  .addHelpText(
    'after',
    `
Which cluster: the context named with --context; else kind, when a Docker engine answers and kind is
installed (https://kind.sigs.k8s.io); else a cluster of our own on this machine (Linux, root, Go).

Examples:
  npm run cluster -- up                       bring one up, or use the one that is up
  npm run cluster -- up --kind local          never use kind
  npm run cluster -- up --context staging     check that the cluster of a context answers
  export KUBECONFIG=$(npm run --silent cluster -- kubeconfig)
  npm run cluster -- status
  npm run cluster -- down                     remove it and everything it has left`,
  );

program
  .command('up')
  .description('bring up a cluster; does nothing when it is up')
  .option('--context <name>', 'use this context of the current kubeconfig instead')
  .option('--kind <kind>', 'only this kind of cluster: kind or local')
  .option('--nodes <number>', 'of the local cluster: 1 or 2', '1')
  .option('--dns <address...>', 'let pods of the local cluster resolve outside names with these resolvers')
  .action(async (flags: { context?: string; kind?: string; nodes: string; dns?: string[] }) => {
    if (!['1', '2'].includes(flags.nodes)) throw new Error(`--nodes ${flags.nodes}: it is 1 or 2`);
    const begin = performance.now();
    const cluster = await up({
      ...flagOptions(flags),
      signal: interrupted.signal,
      onProgress: (message) =>
        say(`[${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s] ${message}`),
    });
    if (flags.nodes === '2') {
      if (cluster.joinNode === undefined)
        throw new Error(`A cluster of kind ${cluster.kind} gets no node from us`);
      await cluster.joinNode();
    }
    say(
      `Up (${cluster.kind}) in ${((performance.now() - begin) / 1000).toFixed(1)} s. Pods reach this machine at ${cluster.hostAddress}.`,
    );
    say(`export KUBECONFIG=${cluster.kubeconfig}  # context ${cluster.context}`);
  });

program
  .command('down')
  .description('remove our cluster and everything that it has left on this machine')
  .option('--force', 'also when another process is using it')
  .action(async (flags: { force?: boolean }) => {
    const begin = performance.now();
    const users = flags.force ? [] : await otherUsers(layout());
    if (users.length > 0) {
      const list = users.map(({ pid, command }) => `process ${pid} (${command})`).join(', ');
      throw new Error(
        `The cluster is in use by ${list}: wait for it or stop it; --force takes the cluster away from it.`,
      );
    }
    await down({ onProgress: say });
    say(`Down in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  });

program
  .command('status')
  .description('say whether it is up; exit code 1 when it is not')
  .action(async () => {
    const { kind, state, details } = await status();
    process.stdout.write(`${kind}: ${state}\n${details.map((line) => `  ${line}\n`).join('')}`);
    if (state !== 'up') process.exitCode = 1;
  });

program
  .command('kubeconfig')
  .description('print the path of the kubeconfig')
  .action(async () => {
    const { kind, state } = await status();
    if (state !== 'up') throw new Error('No cluster is up: npm run cluster -- up');
    process.stdout.write(
      `${kind === 'kind' ? (await up({ kinds: ['kind'] })).kubeconfig : layout().kubeconfig}\n`,
    );
  });

function flagOptions(flags: { context?: string; kind?: string; dns?: string[] }): UpOptions {
  if (flags.kind !== undefined && flags.kind !== 'kind' && flags.kind !== 'local') {
    throw new Error(`--kind ${flags.kind}: it is kind or local`);
  }
  return { context: flags.context, dns: flags.dns, ...(flags.kind ? { kinds: [flags.kind] } : {}) };
}

try {
  await program.parseAsync();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
