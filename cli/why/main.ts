// `skald why`: the story of a session, and what to do.
import { databaseUrl } from '../cluster/database-url.ts';
import { failed } from '../cluster/failed.ts';
import { openCluster } from '../cluster/open.ts';
import { type ClusterFlags, FOUND, type OutputFlags, UsageError } from '../cluster/options.ts';
import { namespaceOf } from '../cluster/scope.ts';
import { parseDuration } from '../durations.ts';
import { realTerminal, type Terminal } from '../terminal.ts';
import { observe } from './collect.ts';
import { explain } from './explain.ts';
import { placeOf, suggestion } from './find.ts';
import { printedStory } from './print.ts';

export interface WhyFlags extends ClusterFlags, OutputFlags {
  readonly namespace?: string;
  readonly tenant?: string;
  readonly since?: string;
}

export async function whyMain(
  text: string,
  flags: WhyFlags,
  signal: AbortSignal,
  terminal: Terminal = realTerminal(flags),
): Promise<number> {
  try {
    const now = terminal.now();
    const since = sinceOf(flags.since, now);
    const url = await databaseUrl(terminal.env);
    const database = url === undefined ? undefined : { url };
    const { client, namespace: ofContext } = await openCluster(flags);
    try {
      const given =
        flags.namespace !== undefined || flags.tenant !== undefined
          ? await namespaceOf(flags, client, ofContext)
          : undefined;
      const place = await placeOf(text, { client, given, ofContext, signal });
      const { systemNamespace } = flags;
      const seen = await observe({ client, ...place, systemNamespace, since, now, database, signal });
      const story = explain(seen, since);
      if (seen.session === undefined && story.moments.length === 0) {
        const refused = seen.unread.find(({ what }) => what.startsWith('the VoiceSession'));
        if (refused !== undefined) throw new Error(`${refused.why} ${refused.how}`);
        const hint = await suggestion(place, client, signal);
        throw new Error(
          `There is no VoiceSession ${place.name} in namespace ${place.namespace}, and nothing is left of one.${hint}`,
        );
      }
      terminal.stdout(
        flags.json
          ? `${JSON.stringify({ ...story, unread: seen.unread })}\n`
          : printedStory(story, seen.unread, terminal.colour),
      );
    } finally {
      client.close();
    }
    return FOUND;
  } catch (error) {
    return failed(error, terminal);
  }
}

function sinceOf(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text) ?? now.getTime() - Date.parse(text);
  if (Number.isNaN(ms) || ms < 0) {
    throw new UsageError(
      `--since: "${text}" is neither a length of time such as 90s, 15m or 2h nor a time that is past`,
    );
  }
  return new Date(now.getTime() - ms);
}
