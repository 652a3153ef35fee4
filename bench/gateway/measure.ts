/** What is measured on a stage, step by step. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from './stage.ts';

export interface Measured {
  readonly tenants: number;
  /** Of the process without tenants, and with all of them connected and quiet. */
  readonly residentMB: { readonly alone: number; readonly serving: number };
  /** From the first IDENTIFY to the last, and the most within any second. */
  readonly connecting: { readonly seconds: number; readonly mostPerSecond: number };
  /** From the command to its acknowledgement, as Discord sees it. */
  readonly statusMs: readonly number[];
}

export interface MeasureOptions {
  readonly tenants: number;
  readonly commands: number;
  /** How long the gateway is left alone before its memory is read, milliseconds. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
}

/** Commands that wait for their answers at a time. */
const AT_A_TIME = 5;

export async function measure(stage: Stage, options: MeasureOptions): Promise<Measured> {
  const { signal, settleMs, note } = options;
  await stage.addTenants(options.tenants);
  note(`${options.tenants} tenants exist`);
  await stage.startGateway();
  await delay(settleMs, undefined, { signal });
  const alone = await stage.residentMB();
  note(`the gateway without tenants: ${alone.toFixed(0)} MiB`);
  await stage.serveAll();
  const identified = (await stage.discord.events()).filter(({ kind }) => kind === 'gatewayIdentify');
  note(`${identified.length} bots are connected`);
  await delay(settleMs, undefined, { signal });
  const serving = await stage.residentMB();
  note(`the gateway with all of them: ${serving.toFixed(0)} MiB`);
  return {
    tenants: options.tenants,
    residentMB: { alone, serving },
    connecting: paceOf(identified.map(({ at }) => at)),
    statusMs: await statusTimes(stage, options),
  };
}

async function statusTimes(stage: Stage, { commands, signal }: MeasureOptions): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (next < commands) {
        signal.throwIfAborted();
        // Neighbours in the list are different tenants.
        const table = stage.tables[next % stage.tables.length];
        next += 1;
        if (table === undefined) throw new Error('a bench without tenants');
        const { gameMasterId, guildId, textChannelId } = table;
        const { acknowledgedMs } = await stage.discord.command(
          gameMasterId,
          guildId,
          textChannelId,
          'session status',
        );
        if (acknowledgedMs === null) throw new Error(`a command in ${table.name} was not answered`);
        times.push(acknowledgedMs);
      }
    }),
  );
  return times;
}

/** @param times monotonic milliseconds, in order */
export function paceOf(times: readonly number[]): Measured['connecting'] {
  const [first = 0] = times;
  const within = times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length);
  return { seconds: ((times.at(-1) ?? first) - first) / 1_000, mostPerSecond: Math.max(0, ...within) };
}
