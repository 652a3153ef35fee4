// Which roles are this installation's. Roles belong to the server: other databases, other installations and a copy of
// this database have theirs beside ours, and one that is not ours is never taken over.
import { installationId } from './registry.ts';
import type { Session } from './session.ts';

export interface Marks {
  /** The comment of our roles. */
  readonly mark: string;
  readonly isOurs: (comment: string | null) => boolean;
}

const MARK = /^Skald ([0-9a-f]{16}) (\d+)$/;

/** After a restore into a new database the marks name the one that is gone: then they are ours all the same. */
export async function readMarks(session: Session): Promise<Marks> {
  const id = await installationId(session);
  const databases = await session.query<{ oid: string; own: boolean }>(
    'SELECT oid::text AS oid, datname = current_database() AS own FROM pg_database',
  );
  const own = databases.find((one) => one.own)?.oid ?? '0';
  const others = new Set(databases.map(({ oid }) => oid).filter((oid) => oid !== own));
  return {
    mark: `Skald ${id} ${own}`,
    isOurs: (comment) => {
      const [, installation, database = ''] = MARK.exec(comment ?? '') ?? [];
      return installation === id && !others.has(database);
    },
  };
}
