// Fills the cache that the operator has of VoiceSessions and says what an object costs. Run by cached-sessions.test.ts in a
// process of its own, with --expose-gc.
import type { VoiceSession } from '../../src/api/index.ts';
import { fieldManagers, kinds } from '../../src/api/index.ts';
import type { HttpStream, Transport } from '../../src/kube/http.ts';
import { Client, defineResource, Informers, keepManagedFieldsOf, Overlay } from '../../src/kube/index.ts';
import { serverSession } from './server-session.ts';

const count = Number(process.argv[2]);
const pageSize = 500;
const voiceSessions = defineResource<VoiceSession>(kinds.VoiceSession);

/** An API server that has the sessions, makes them as it is asked, and keeps nothing. */
const server: Transport = {
  request: async ({ path }) => {
    const from = Number(new URL(path, 'http://server').searchParams.get('continue') ?? 0);
    const to = Math.min(from + pageSize, count);
    const items = Array.from({ length: to - from }, (_, index) => serverSession(from + index));
    const metadata = { resourceVersion: '900000', ...(to < count ? { continue: `${to}` } : {}) };
    return { status: 200, headers: {}, text: JSON.stringify({ metadata, items }) };
  },
  stream: ({ signal }): Promise<HttpStream> =>
    Promise.resolve({ status: 200, headers: {}, chunks: silence(signal) }),
  invalidateCredentials: () => {},
  close: () => {},
};

async function* silence(signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, void> {
  if (signal?.aborted) return;
  await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
}

function heapBytes(): number {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const informers = new Informers({
  client: new Client({ transport: server }),
  transform: keepManagedFieldsOf(fieldManagers.controller),
});
const cache = informers.get(voiceSessions);
// The operator's.
cache.addIndex('phase', ({ status }) => [status?.phase ?? 'Pending']);
cache.addIndex('campaign', ({ metadata, spec }) => [`${metadata.namespace}/${spec.campaignRef.name}`]);
const overlay = new Overlay(cache);
const before = heapBytes();
const stop = new AbortController();
informers.start(stop.signal);
await informers.whenSynced();
const bytes = heapBytes() - before;
const objects = overlay.list();
const json = objects.reduce((sum, { metadata: { managedFields: _shared, ...metadata }, ...object }) => {
  return sum + Buffer.byteLength(JSON.stringify({ ...object, metadata }));
}, 0);
const result = {
  objects: objects.length,
  bytesPerObject: bytes / count,
  jsonPerObject: json / objects.length,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
stop.abort();
await informers.stopped();
