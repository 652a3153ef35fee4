import { createHash } from 'node:crypto';

/** Short, and different for two objects of another UID or another content. */
export function digest(object: {
  metadata?: { uid?: string | undefined } | undefined;
  data?: Record<string, string> | undefined;
}): string {
  const data = Object.entries(object.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([object.metadata?.uid ?? '', data]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
