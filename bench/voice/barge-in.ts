/** A person speaks into an NPC's speech: how soon the NPC is silent at the wire. */
import { setTimeout as delay } from 'node:timers/promises';
import { storyOf } from './pacing/sessions.ts';
import type { Stage } from './stage.ts';
import { MUTED, STORYTELLER, type Table } from './table.ts';
import { INTERRUPTION, type Line, spoken } from './wavs.ts';

export interface BargeIn {
  /** From the person's first packet, as it leaves, to the NPC's last packet with sound, as it comes. */
  readonly onsetToLastPacketMs: number;
  /** From the worker's decision, by its log, to the same packet; negative: it had come by then. */
  readonly decisionToLastPacketMs: number;
}

const SPEECH = storyOf(15);
/** How long the NPC has spoken when it is interrupted. */
const INTO_MS = 700;

export async function measureBargeIns(
  stage: Stage,
  { count, note }: { count: number; note: (message: string) => void },
): Promise<BargeIn[]> {
  const { signal } = stage.options;
  const table = await stage.table('Alice');
  const line = await spoken(INTERRUPTION, note);
  const measured: Pick<BargeIn, 'onsetToLastPacketMs'>[] = [];
  const lastPackets: number[] = [];
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    const { onset, lastPacket } = await interrupt(stage, table, line);
    measured.push({ onsetToLastPacketMs: lastPacket - onset });
    lastPackets.push(lastPacket);
    if ((index + 1) % 10 === 0)
      note(`${index + 1} interruptions, the last after ${(lastPacket - onset).toFixed(0)} ms`);
  }
  const offset = await stage.clockOffset();
  const decisions = (await table.worker.lines('Interrupted')).map(({ time }) => Date.parse(String(time)));
  await stage.leave(table);
  if (decisions.length !== count) {
    throw new Error(`the worker decided ${decisions.length} times about ${count} interruptions`);
  }
  return measured.map((one, index) => ({
    ...one,
    decisionToLastPacketMs: (lastPackets[index] ?? Number.NaN) + offset - (decisions[index] ?? Number.NaN),
  }));
}

/** @returns Discord's times, milliseconds */
async function interrupt(
  { discord, doubles }: Stage,
  table: Table,
  line: Line,
): Promise<{ onset: number; lastPacket: number }> {
  const { listener, botUserId } = table;
  const before = await discord.now();
  const spokenAway = table.speak(STORYTELLER, SPEECH);
  await discord.waitForEvent({ kind: 'talkSpurt', userId: botUserId, afterMs: before }, 30_000);
  await delay(INTO_MS);
  // Nobody answers to it: the next interruption finds silence.
  await doubles.script(`${MUTED}, wait a moment please.`);
  const said = await listener.say(line.wav);
  const { lastPacketAt } = await listener.waitToHear({ from: botUserId, afterMs: before });
  const { reason } = await spokenAway;
  if (reason !== 'Interrupted')
    throw new Error(`the NPC was not interrupted: ${reason || 'it spoke to its end'}`);
  await listener.forgetHeard();
  return { onset: said.startedAt, lastPacket: lastPacketAt };
}
