/** Which session of a server a recap is of. */
import { type Database, type SessionSummary, TranscriptReader } from '../../../src/store/index.ts';
import type { Asking, Choice, Completion } from '../command.ts';
import { runningSession } from '../running.ts';

/** As many as Discord shows. */
const MOST_CHOICES = 25;

export type Target = { readonly session: SessionSummary } | { readonly refusal: string };

/** The named one; else the one that runs, where something was said in it already; else the last one. */
export async function recapTarget(
  asking: Asking,
  database: Database,
  name: string | undefined,
): Promise<Target> {
  const { host, guildId, messages } = asking;
  const reader = new TranscriptReader(database);
  const filter = { namespace: host.tenant.namespace, guildId };
  if (name !== undefined) {
    const session = await reader.session(name, filter);
    return session === undefined ? { refusal: messages.recap.unknownSession(name) } : { session };
  }
  const running = runningSession(host, guildId)?.metadata.uid;
  const latest = await reader.sessions(filter, MOST_CHOICES);
  const session = latest.find(({ uid }) => uid === running) ?? latest[0];
  return session === undefined ? { refusal: messages.recap.noSessions } : { session };
}

/** To be told before tonight's: the last one of the campaign that is played, else what was said until now. */
export async function voiceRecapTarget(
  asking: Asking,
  database: Database,
  {
    name,
    running,
    campaign,
  }: { readonly name: string | undefined; readonly running: string; readonly campaign: string },
): Promise<Target> {
  if (name !== undefined) return await recapTarget(asking, database, name);
  const filter = { namespace: asking.host.tenant.namespace, guildId: asking.guildId, campaign };
  const latest = await new TranscriptReader(database).sessions(filter, 2);
  const session = latest.find(({ uid }) => uid !== running) ?? latest[0];
  return session === undefined ? { refusal: asking.messages.recap.noSessions } : { session };
}

/** The last sessions of this server, with their campaign's title and their day. */
export async function sessionChoices({ host, guildId, typed }: Completion): Promise<readonly Choice[]> {
  const database = host.database();
  if (database === undefined) return [];
  const filter = { namespace: host.tenant.namespace, guildId };
  const sessions = await new TranscriptReader(database).sessions(filter, 100).catch(() => []);
  const titles = new Map(host.campaigns().map(({ metadata, spec }) => [metadata.name, spec.title]));
  return sessions
    .map(({ name, campaign, startedAt }) => {
      const day = startedAt.toISOString().slice(0, 10);
      return { name: `${day} · ${titles.get(campaign) ?? campaign} (${name})`.slice(0, 100), value: name };
    })
    .filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()))
    .slice(0, MOST_CHOICES);
}
