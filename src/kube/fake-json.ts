/** Merge Patch and JSON Patch on plain JSON, as far as the fake API server needs them. */

export function merge(old: unknown, patch: unknown): unknown {
  if (!isRecord(old) || !isRecord(patch)) return patch;
  const merged = { ...old };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

/** One JSON Patch operation of the kinds add, replace, remove and test. False when it does not apply. */
export function operate(target: unknown, operation: unknown): boolean {
  if (!isRecord(operation) || typeof operation.path !== 'string') return false;
  const steps = operation.path.split('/').slice(1);
  const last = steps.pop() ?? '';
  let parent: unknown = target;
  for (const step of steps)
    parent = isRecord(parent) || Array.isArray(parent) ? Reflect.get(parent, step) : undefined;
  if (!isRecord(parent) && !Array.isArray(parent)) return false;
  if (operation.op === 'test') {
    const value: unknown = Reflect.get(parent, last) ?? null;
    return JSON.stringify(value) === JSON.stringify(operation.value);
  }
  if (operation.op === 'remove') {
    return Array.isArray(parent)
      ? parent.splice(Number(last), 1).length === 1
      : Reflect.deleteProperty(parent, last);
  }
  if (operation.op === 'replace') return Reflect.set(parent, last, operation.value);
  if (operation.op !== 'add') return false;
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : Number(last), 0, operation.value);
  else parent[last] = operation.value;
  return true;
}

/** The same value with its fields in one order, for comparison. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** What a manager owns after applying this, in the format FieldsV1; every list is atomic. */
export function ownedFields(applied: unknown): Record<string, unknown> {
  if (!isRecord(applied)) return {};
  return Object.fromEntries(
    Object.entries(applied).map(([name, value]) => [`f:${name}`, ownedFields(value)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
