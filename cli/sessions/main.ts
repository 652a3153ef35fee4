// `skald sessions`: what runs, in one table.
import { setTimeout as sleep } from 'node:timers/promises';
import type { VoiceSession } from '../../src/api/index.ts';
import { type Client, Informers, type Live, systemClock } from '../../src/kube/index.ts';
import { failed } from '../cluster/failed.ts';
import { openCluster, voiceSessions } from '../cluster/open.ts';
import { type ClusterFlags, FOUND, type OutputFlags } from '../cluster/options.ts';
import { namespaceOf, type ScopeFlags } from '../cluster/scope.ts';
import { realTerminal, type Terminal } from '../terminal.ts';
import { sessionsTable } from './print.ts';
import { inOrder, rowOf } from './row.ts';

export interface SessionsFlags extends ClusterFlags, ScopeFlags, OutputFlags {
  readonly all?: boolean;
  readonly watch?: boolean;
}

/** Changes that come together are shown together; ages grow by themselves. Milliseconds. */
const SETTLE_MS = 200;
const REDRAW_MS = 5_000;
/** The longest that Node's timers take. */
const LONGEST_MS = 2_147_483_647;

export async function sessionsMain(
  flags: SessionsFlags,
  signal: AbortSignal,
  terminal: Terminal = realTerminal(flags),
): Promise<number> {
  try {
    const { client, namespace: ofContext } = await openCluster(flags);
    try {
      const namespace = await namespaceOf(flags, client, ofContext);
      const show = (sessions: readonly Live<VoiceSession>[]) =>
        terminal.stdout(shown(sessions, { flags, namespace, terminal }));
      const redraws = terminal.screen && flags.json !== true;
      if (flags.watch) await watch({ client, namespace, signal, redraws, show });
      else show(await client.listAll(voiceSessions, { namespace, signal }));
    } finally {
      client.close();
    }
    return FOUND;
  } catch (error) {
    if (signal.aborted) return FOUND;
    return failed(error, terminal);
  }
}

function shown(
  sessions: readonly Live<VoiceSession>[],
  { flags, namespace, terminal }: { flags: SessionsFlags; namespace: string | undefined; terminal: Terminal },
): string {
  const rows = sessions.map(rowOf);
  const { all = false, json = false } = flags;
  if (json) {
    const wanted = inOrder(rows).filter(({ phase }) => all || (phase !== 'Ended' && phase !== 'Failed'));
    return `${JSON.stringify({ sessions: wanted })}\n`;
  }
  const text = sessionsTable(rows, { all, namespace, now: terminal.now(), colour: terminal.colour });
  if (!flags.watch) return text;
  // A screen is drawn anew from its top; a file or a pipe gets one table after the other.
  return terminal.screen ? `\u001b[H\u001b[2J${text}` : `${text}\n`;
}

/** Until the signal: at once, at each change, and on a screen now and then. */
async function watch(options: {
  readonly client: Client;
  readonly namespace: string | undefined;
  readonly signal: AbortSignal;
  /** For the ages; what is read by a program is written at changes only. */
  readonly redraws: boolean;
  readonly show: (sessions: readonly Live<VoiceSession>[]) => void;
}): Promise<void> {
  const { client, namespace, signal, redraws, show } = options;
  // What cannot be read at all is said once, and not tried for ever.
  await client.list(voiceSessions, { namespace, limit: 1, signal });
  const informers = new Informers({ client, clock: systemClock });
  const informer = informers.get(voiceSessions, { namespace });
  let changed = Promise.withResolvers<void>();
  const wake = () => changed.resolve();
  informer.addHandler({ add: wake, update: wake, delete: wake });
  informers.start(signal);
  await informers.whenSynced(signal);
  while (!signal.aborted) {
    show(informer.list());
    changed = Promise.withResolvers<void>();
    const waiting = new AbortController();
    const next = AbortSignal.any([signal, waiting.signal]);
    await Promise.race([
      changed.promise,
      sleep(redraws ? REDRAW_MS : LONGEST_MS, undefined, { signal: next }).catch(() => {}),
    ]);
    waiting.abort();
    await sleep(SETTLE_MS, undefined, { signal }).catch(() => {});
  }
  await informers.stopped();
}
