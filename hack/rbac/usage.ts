// Which rights are used, and which only lie about.
import type { Request } from './audit.ts';
import { type Grant, resourceText } from './model.ts';

export interface Explanation {
  /** As {@link grantText} writes it. */
  readonly grant: string;
  readonly why: string;
  /** Some runs use it: who is faster decides. @defaultValue false */
  readonly byChance?: boolean;
}

/** `skald-controller-tenant: get pods`. Several identities and namespaces share a role. */
export function grantText(
  grant: Pick<Grant, 'role' | 'verb' | 'group' | 'resource' | 'name' | 'namespace'>,
  system: string,
): string {
  const name = grant.name === undefined ? '' : `[${grant.name}]`;
  const role = grant.namespace === system ? `${grant.role} in ${system}` : grant.role;
  return `${role}: ${grant.verb} ${resourceText(grant)}${name}`;
}

/**
 * The grants by which the request is allowed, the narrowest: one for the namespace, before one for the cluster, and of
 * these one for the object before one for all.
 */
export function grantFor(grants: readonly Grant[], request: Request): Grant | undefined {
  const allowing = grants.filter(
    (grant) =>
      grant.verb === request.verb &&
      grant.group === request.group &&
      grant.resource === request.resource &&
      (grant.namespace === undefined || grant.namespace === request.namespace) &&
      (grant.name === undefined || grant.name === request.name),
  );
  const width = ({ namespace, name }: Grant) =>
    (namespace === undefined ? 2 : 0) + (name === undefined ? 1 : 0);
  return allowing.sort((a, b) => width(a) - width(b))[0];
}

export interface Verdict {
  /** Granted, never used, not explained. */
  readonly unused: readonly string[];
  /** Explained, and not granted, or used for sure. */
  readonly idle: readonly string[];
}

/** @param explanations of grants that no run uses */
export function judge(
  granted: ReadonlySet<string>,
  used: ReadonlySet<string>,
  explanations: readonly Explanation[],
): Verdict {
  const explained = new Set(explanations.map(({ grant }) => grant));
  return {
    unused: [...granted].filter((grant) => !used.has(grant) && !explained.has(grant)).sort(),
    idle: explanations
      .filter(({ grant, byChance }) => !granted.has(grant) || (used.has(grant) && byChance !== true))
      .map(({ grant }) => grant)
      .sort(),
  };
}
