// What is wrong between objects, each of which the API server would accept.
import type { JsonObject } from './json.ts';
import type { Problem } from './problem.ts';

export interface CrossProblem {
  /** Of the object in the list. */
  readonly index: number;
  readonly problem: Problem;
}

/**
 * @param objects accepted Tenants, Campaigns and VoiceSessions with their defaults
 * @param others objects of other kinds among the files
 */
export function crossProblems(
  _objects: readonly JsonObject[],
  _others: readonly JsonObject[],
): CrossProblem[] {
  return [];
}
