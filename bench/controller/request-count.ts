/** How many requests an API server has answered, from its own metrics. */

/** Requests by resource and verb, such as `jobs POST`. */
export type RequestCounts = ReadonlyMap<string, number>;

/**
 * The resources of the work: whatever a contender asks of them counts, and nothing that the API server asks of itself
 * (leases, flow schemas, ...) does. A watch counts when it ends, so those that stand do not count.
 */
const counted = new Set([
  'bench.skald.dev/sessions',
  'batch/jobs',
  '/secrets',
  '/events',
  'events.k8s.io/events',
]);

/** @param text - The API server's /metrics. */
export function parseRequestCounts(text: string): RequestCounts {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith('apiserver_request_total{')) continue;
    const end = line.lastIndexOf('}');
    const labels = new Map<string, string>();
    for (const [, name = '', value = ''] of line.slice(0, end).matchAll(/(\w+)="([^"]*)"/g)) {
      labels.set(name, value);
    }
    if (!counted.has(`${labels.get('group')}/${labels.get('resource')}`)) continue;
    const subresource = labels.get('subresource');
    const resource = `${labels.get('resource')}${subresource ? `/${subresource}` : ''}`;
    const id = `${resource} ${labels.get('verb')}`;
    counts.set(id, (counts.get(id) ?? 0) + Number(line.slice(end + 1)));
  }
  return counts;
}

/** What was asked between two looks, without zeros. */
export function requestsBetween(before: RequestCounts, after: RequestCounts): Record<string, number> {
  const between: Record<string, number> = {};
  for (const [id, count] of [...after].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const more = count - (before.get(id) ?? 0);
    if (more > 0) between[id] = more;
  }
  return between;
}
