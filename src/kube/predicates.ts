/** Which changes are worth a reconcile. A predicate that is absent for a kind of change lets it pass. */
import type { KubeObject, Live } from './object.ts';

export interface Predicate<T extends KubeObject = KubeObject> {
  add?(object: Live<T>): boolean;
  update?(old: Live<T>, object: Live<T>): boolean;
  delete?(object: Live<T>): boolean;
}

/**
 * The spec changed, or deletion was asked for (which raises the generation too). Status writes, also our own, pass
 * unnoticed. Only for resources whose API raises `metadata.generation`.
 */
export const generationChanged: Predicate = {
  update: (old, object) => old.metadata.generation !== object.metadata.generation,
};

export const labelsChanged: Predicate = {
  update: (old, object) => !sameStrings(old.metadata.labels, object.metadata.labels),
};

export const annotationsChanged: Predicate = {
  update: (old, object) => !sameStrings(old.metadata.annotations, object.metadata.annotations),
};

/** Passes when any of the predicates passes. */
export function any<T extends KubeObject>(...predicates: Predicate<T>[]): Predicate<T> {
  return {
    add: (object) => predicates.some((one) => one.add?.(object) ?? true),
    update: (old, object) => predicates.some((one) => one.update?.(old, object) ?? true),
    delete: (object) => predicates.some((one) => one.delete?.(object) ?? true),
  };
}

/** Passes when all of the predicates pass. */
export function all<T extends KubeObject>(...predicates: Predicate<T>[]): Predicate<T> {
  return {
    add: (object) => predicates.every((one) => one.add?.(object) ?? true),
    update: (old, object) => predicates.every((one) => one.update?.(old, object) ?? true),
    delete: (object) => predicates.every((one) => one.delete?.(object) ?? true),
  };
}

export function not<T extends KubeObject>(predicate: Predicate<T>): Predicate<T> {
  return {
    add: (object) => !(predicate.add?.(object) ?? true),
    update: (old, object) => !(predicate.update?.(old, object) ?? true),
    delete: (object) => !(predicate.delete?.(object) ?? true),
  };
}

function sameStrings(a: Record<string, string> = {}, b: Record<string, string> = {}): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
