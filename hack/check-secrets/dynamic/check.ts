/** The dynamic part: takes the secrets that are in a running cluster and looks for them everywhere else. */
import type { Kubectl } from '../../environment/kubectl.ts';
import { logs, metrics, objects, secretsOfCluster } from './cluster.ts';
import { database } from './database.ts';
import { type Mark, marksIn } from './marks.ts';
import { processes } from './processes.ts';
import { type SearchResult, search } from './search.ts';

export interface DynamicOptions {
  readonly kubectl: Kubectl;
  /** Of a superuser. */
  readonly databaseUrl: string;
  /** Secrets that lie in no Secret, e.g. what Discord gives out, by what they are. */
  readonly more?: Readonly<Record<string, string>>;
}

/** @returns the marks: take them while the session runs, its Secret goes with it */
export async function gatherMarks({
  kubectl,
  more = {},
}: Pick<DynamicOptions, 'kubectl' | 'more'>): Promise<Mark[]> {
  const secrets = await secretsOfCluster(kubectl);
  return marksIn(
    secrets.filter(({ metadata }) => metadata.namespace?.startsWith('skald') === true),
    more,
  );
}

export async function searchCluster(marks: readonly Mark[], options: DynamicOptions): Promise<SearchResult> {
  const { kubectl, databaseUrl } = options;
  const documents = [
    await objects(kubectl),
    await logs(kubectl),
    await metrics(kubectl),
    await processes(),
    await database(databaseUrl),
  ].flat();
  return search(marks, documents);
}
