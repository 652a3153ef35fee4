import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly keep: boolean;
  /** A sentence, or the path of a WAV file. */
  readonly say: string;
  /** Path of a YAML file with one Campaign. */
  readonly campaign: string;
  readonly context: string | undefined;
  readonly json: boolean;
  /** Remove what an earlier `--keep` left. */
  readonly down: boolean;
}

/** A real Discord application instead of the simulator. */
export interface RealDiscord {
  readonly token: string;
  readonly applicationId: string;
  readonly guildId: string;
}

export const help = `Usage: npm run demo [-- OPTIONS]

Brings up a real Kubernetes cluster, PostgreSQL and a Discord simulator, installs Skald with its Helm chart,
applies a Tenant and a Campaign with two NPCs; then a simulated player types /session start, speaks a sentence into
the encrypted voice channel, and hears an NPC answer. The first run builds Kubernetes and takes minutes.

Options:
  --say TEXT|FILE.wav   what the player says (default: a question to the innkeeper Greta)
  --campaign FILE       a Campaign manifest (default: config/samples/campaign.yaml)
  --context NAME        use this context of your kubeconfig instead of a cluster of its own
  --keep                leave everything running and say how to use it; also after a failure
  --down                remove what an earlier --keep left, and end
  --json                the last line of standard output is one JSON object
  -h, --help

With DISCORD_BOT_TOKEN, DISCORD_APPLICATION_ID and DISCORD_GUILD_ID set, it uses the real Discord: you type
/session start and speak yourself.

Examples:
  npm run demo
  npm run demo -- --say "Bruno, do you have any silver arrows?"
  npm run demo -- --say question.wav --campaign my-campaign.yaml
  npm run demo -- --keep

Exit status: 0 an NPC answered, 1 something failed, 2 wrong options, 130 interrupted.
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @returns undefined when help was asked for. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const campaign = values.campaign ?? 'config/samples/campaign.yaml';
  if (!existsSync(campaign)) throw new UsageError(`--campaign: there is no file ${campaign}`);
  const say = values.say ?? defaultSentence;
  if (say.trim() === '') throw new UsageError('--say: give a sentence or the path of a WAV file');
  if (/\.wav$/i.test(say) && !existsSync(say)) throw new UsageError(`--say: there is no file ${say}`);
  return {
    keep: values.keep ?? false,
    say,
    campaign,
    context: values.context,
    json: values.json ?? false,
    down: values.down ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        keep: { type: 'boolean' },
        say: { type: 'string' },
        campaign: { type: 'string' },
        context: { type: 'string' },
        json: { type: 'boolean' },
        down: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError when only some of the three variables are set. */
export function realDiscord(environment: NodeJS.ProcessEnv): RealDiscord | undefined {
  const names = ['DISCORD_BOT_TOKEN', 'DISCORD_APPLICATION_ID', 'DISCORD_GUILD_ID'] as const;
  const missing = names.filter((name) => !environment[name]);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) throw new UsageError(`For the real Discord, set ${missing.join(' and ')}, too`);
  const id = /^[0-9]{17,20}$/;
  for (const name of ['DISCORD_APPLICATION_ID', 'DISCORD_GUILD_ID'] as const) {
    if (!id.test(environment[name] ?? ''))
      throw new UsageError(`${name} is not a Discord id (17 to 20 digits)`);
  }
  return {
    token: environment.DISCORD_BOT_TOKEN ?? '',
    applicationId: environment.DISCORD_APPLICATION_ID ?? '',
    guildId: environment.DISCORD_GUILD_ID ?? '',
  };
}

/** A sentence that the offline recogniser hears as it is said. */
export const defaultSentence = 'Greta, have you heard any news from the city?';
