import { rename, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { pino } from 'pino';
import { controlServer } from './control/server.ts';
import { DiscordSimulator } from './simulator.ts';

interface Flags {
  host: string;
  publicHost?: string;
  httpPort?: number;
  readyFile?: string;
  caDir?: string;
  logLevel: string;
}

function parseFlags(): Flags {
  return new Command('discord-simulator')
    .description(
      'A Discord that runs on this machine: REST and gateway v10, voice v8 with end-to-end encryption, and people.',
    )
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--public-host <address>', 'address or name that clients are told (default: the bind address)')
    .option('--http-port <port>', 'port of REST, gateway and control API (default: a free one)', Number)
    .option(
      '--ready-file <file>',
      'gets {apiUrl, gatewayUrl, controlUrl, voiceEndpoint, caFile, pid} when ready',
    )
    .option('--ca-dir <directory>', 'where ca.pem is written (default: a temporary directory)')
    .option('--log-level <level>', 'fatal, error, warn, info, debug', 'info')
    .parse()
    .opts<Flags>();
}

/** Runs until SIGTERM or SIGINT; the simulator leaves nothing behind but files that were asked for. */
async function main(): Promise<void> {
  const flags = parseFlags();
  const asked = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const log = pino({ level: flags.logLevel }, pino.destination(2));
  const simulator = new DiscordSimulator({
    host: flags.host,
    ...(flags.publicHost === undefined ? {} : { publicHost: flags.publicHost }),
    ...(flags.httpPort === undefined ? {} : { httpPort: flags.httpPort }),
    ...(flags.caDir === undefined ? {} : { caDirectory: flags.caDir }),
  });
  const addresses = await simulator.start(controlServer(simulator));
  if (flags.logLevel === 'debug') {
    let logged = 0;
    simulator.timeline.watch(() => {
      const events = simulator.timeline.events();
      for (const event of events.slice(Math.min(logged, events.length - 1))) log.debug(event);
      logged = events.length;
    });
  }
  if (flags.readyFile !== undefined) {
    // Written aside and renamed: whoever waits for the file never reads half of it.
    const draft = `${flags.readyFile}.${process.pid}`;
    await writeFile(draft, `${JSON.stringify({ ...addresses, pid: process.pid }, null, 2)}\n`);
    await rename(draft, flags.readyFile);
  }
  log.info(addresses, 'ready');
  process.stdout.write(`The simulated Discord is ready. Point a gateway at it:

  export SKALD_DISCORD_API_URL=${addresses.apiUrl}
  export NODE_EXTRA_CA_CERTS=${addresses.caFile}

Script people, guilds and faults through ${addresses.controlUrl}, for example

  curl -s -X POST ${addresses.controlUrl}addApplication -d '{"name":"Skald"}'
  curl -s -X POST ${addresses.controlUrl}addGuild -d '{"name":"Tavern"}'
  curl -s -X POST ${addresses.controlUrl}events

Ctrl-C ends it.
`);
  await asked;
  await simulator.stop();
  log.info('stopped');
}

await main();
// Scenarios that still wait for something (a time limit of a minute) wait for nothing now.
process.exit();
