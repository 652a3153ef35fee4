import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { run } from '../../hack/process/run.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { ensureTools } from '../../hack/tools/index.ts';
import type { PersonHandle, SimulatorApi } from '../discord/api.ts';
import { SimulatorClient } from '../discord/client.ts';
import { readSteps, type Step } from '../walk-through/document.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const APPLICATION = '100000000000000001';
const GUILD = '100000000000000002';

/** docs/getting-started.md, block by block, as a person would go through it. */
describe('the walk-through', () => {
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  let simulator: SimulatorApi;
  let player: PersonHandle;
  let textChannel: string;
  /** What each command printed, by the line of its block. */
  const printed = new Map<number, string>();
  let steps: Step[];
  let answerMs = 0;

  beforeAll(async () => {
    const info = inject('environment');
    folder = await mkdtemp(join(tmpdir(), 'skald-walk-through-'));
    simulator = await SimulatorClient.connect(info.simulator?.controlUrl ?? '');
    const { token } = await simulator.addApplication({ id: APPLICATION, name: 'Skald' });
    await simulator.addGuild({ id: GUILD, name: 'The Ford' });
    const voiceChannel = await simulator.addChannel(GUILD, { type: 'voice', name: 'Tavern' });
    textChannel = await simulator.addChannel(GUILD, { type: 'text', name: 'table-talk' });
    player = await simulator.person({ guildId: GUILD, name: 'Robin' });
    await player.joinVoice(voiceChannel);
    await writeFile(join(folder, 'bot.token'), token);
    const kubeconfig = parse(await readFile(info.kubeconfig, 'utf8'));
    await writeFile(
      join(folder, 'kubeconfig'),
      stringify({ ...kubeconfig, 'current-context': info.context }),
    );
    await writeFile(
      join(folder, 'skald'),
      `#!/bin/sh\nexec ${process.execPath} ${join(root, 'cli/skald.ts')} "$@"\n`,
      { mode: 0o755 },
    );
    const { kubectl } = await ensureTools(['kubectl'], () => {});
    const path = [folder, dirname(kubectl), process.env.PATH ?? ''].join(delimiter);
    environment = { ...process.env, PATH: path, KUBECONFIG: join(folder, 'kubeconfig'), NO_COLOR: '1' };
    steps = await readSteps();
    for (const step of steps) await play(step, info.chatUrl);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function play(step: Step, chatUrl: string): Promise<void> {
    if (step.kind === 'file') {
      // The one thing that is another here: where the language model is.
      const text = step.text
        .replace('http://ollama.ollama.svc:11434/v1', chatUrl)
        .replace('model: llama3.2', 'model: skald-double');
      await writeFile(join(folder, step.name), text);
    } else if (step.kind === 'discord') await inDiscord(step.text);
    else if (step.how === 'again') {
      await waitUntil(
        () =>
          shell(step).then(
            () => true,
            () => false,
          ),
        {
          what: `line ${step.line} to succeed`,
          deadlineMs: 60_000,
          everyMs: 1_000,
          detail: () => printed.get(step.line) ?? '',
        },
      );
    } else if (step.how !== 'install') {
      await shell(step);
      if (step.how === 'invite') await openLink(printed.get(step.line) ?? '');
    }
  }

  async function shell({ line, text }: Extract<Step, { kind: 'sh' }>): Promise<void> {
    try {
      printed.set(
        line,
        await run('bash', ['-euo', 'pipefail', '-c', amidOthers(text)], {
          cwd: folder,
          environment,
          timeoutMs: 240_000,
        }),
      );
    } catch (error) {
      printed.set(line, String(error));
      throw new Error(`docs/getting-started.md, line ${line}`, { cause: error });
    }
  }

  /** Other files have Tenants in this cluster, some of them in trouble: what is said of them is no failure here. */
  function amidOthers(text: string): string {
    return text.trim() === 'skald doctor' ? 'skald doctor || [ $? = 1 ]' : text;
  }

  /** What the server's owner does in a browser: the permissions are those of the link. */
  async function openLink(output: string): Promise<void> {
    const { searchParams } = new URL(output.trim());
    const bits = BigInt(searchParams.get('permissions') ?? '0');
    const names = Object.entries(PermissionFlagsBits).flatMap(([name, bit]) =>
      (bits & bit) === bit && isPermission(name) ? [name] : [],
    );
    const { client_id: id, guild_id: guild } = Object.fromEntries(searchParams);
    await simulator.inviteBot(id ?? '', guild ?? '', { permissions: names });
  }

  async function inDiscord(text: string): Promise<void> {
    const [, command, rest = ''] = /^\/(\w+ \w+) ?(.*)$/.exec(text) ?? [];
    if (command !== undefined) {
      const options = Object.fromEntries(
        [...rest.matchAll(/(\w+):(\S+)/g)].map(([, name, value]) => [name, value ?? '']),
      );
      const answer = await simulator.command(player, GUILD, textChannel, command, options);
      await answer.waitForReply(/./, 60_000);
      return;
    }
    await theBotHasFinished();
    const said = await player.say(await playerSays(text, () => {}));
    const heard = await player
      .waitToHear({ from: APPLICATION, afterMs: said.lastVoicedAt, silenceMs: 1500, timeoutMs: 60_000 })
      .catch(async (cause: unknown) => {
        const why = 'skald why "$(kubectl -n skald-demo get voicesessions -o name)"';
        throw new Error(await run('bash', ['-c', why], { cwd: folder, environment }), { cause });
      });
    answerMs = heard.durationMs;
  }

  /** It says first that it listens, in several sentences; nobody is heard before. */
  async function theBotHasFinished(): Promise<void> {
    await waitUntil(
      async () => {
        const last = (await player.heard()).findLast(({ userId }) => userId === APPLICATION);
        return last !== undefined && (await simulator.now()) > last.lastPacketAt + 2_500;
      },
      { what: 'the bot to say that it listens', deadlineMs: 60_000, everyMs: 200 },
    );
  }

  const outputOf = (command: string): string => {
    const step = steps.find((one) => one.kind === 'sh' && one.text.includes(command));
    return printed.get(step?.line ?? 0) ?? '';
  };

  it('ends with an answer that the player hears', () => {
    expect(answerMs).toBeGreaterThan(500);
  });

  it('finds nothing amiss, neither with the installation nor on Discord', () => {
    const installation = outputOf('skald doctor\n');
    expect(installation).toMatch(/^ok +operator: /m);
    expect(installation.split('\n').filter((line) => /^fail/.test(line) && !/ stage-/.test(line))).toEqual(
      [],
    );
    const tenant = outputOf('skald doctor demo');
    expect(tenant).toMatch(/ 0 fail,/);
    expect(tenant).toContain('discord.commands: All slash commands are registered in The Ford.');
    expect(tenant).toContain('discord.voice: The bot can speak in every voice channel');
  });

  it('shows the session, and tells its story with the words of all programs', () => {
    expect(outputOf('skald sessions')).toMatch(/^\S+ +village +Active/m);
    const story = outputOf('skald why');
    expect(story).toMatch(/^Verdict: It runs: the NPCs have listened/m);
    for (const source of ['session', 'event', 'pod', 'worker', 'gateway']) {
      expect(story).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}${source} `, 'm'));
    }
    expect(story).not.toContain('Not read:');
  });
});

function isPermission(name: string): name is keyof typeof PermissionFlagsBits {
  return Object.hasOwn(PermissionFlagsBits, name);
}
