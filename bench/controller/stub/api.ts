/** The stub server's API: as much of Kubernetes' as contenders speak, and an answer to each request after a fixed time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Change,
  Collection,
  type Fields,
  fieldsOf,
  type Kind,
  Refusal,
  type Stored,
  Versions,
} from './store.ts';

interface ResourceKind extends Kind {
  readonly path: string;
  readonly plural: string;
  readonly singular: string;
}

const resourceKinds: readonly ResourceKind[] = [
  { path: '/api/v1', plural: 'secrets', singular: 'secret', apiVersion: 'v1', kind: 'Secret' },
  { path: '/apis/batch/v1', plural: 'jobs', singular: 'job', apiVersion: 'batch/v1', kind: 'Job' },
  {
    path: '/apis/bench.skald.dev/v1',
    plural: 'sessions',
    singular: 'session',
    apiVersion: 'bench.skald.dev/v1',
    kind: 'Session',
  },
];

interface Address {
  readonly kind: ResourceKind;
  readonly collection: Collection;
  readonly name: string | undefined;
  readonly subresource: 'status' | undefined;
}

const bookmarkEveryMs = 60_000;

export class StubApi {
  readonly #latencyMs: number;
  readonly #versions = new Versions();
  readonly #collections = new Map<string, Collection>();
  /** By resource and verb, as request-count.ts has them. */
  readonly #requests = new Map<string, number>();

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs;
    for (const kind of resourceKinds) {
      const { apiVersion, kind: name } = kind;
      this.#collections.set(kind.plural, new Collection({ apiVersion, kind: name }, this.#versions));
    }
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      setTimeout(() => this.#answer(request, response, Buffer.concat(chunks).toString()), this.#latencyMs);
    });
  };

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', 'http://stub');
    try {
      const known = this.#discovery(url.pathname);
      if (known !== undefined) {
        send(response, 200, JSON.stringify(known));
        return;
      }
      const address = this.#addressOf(url.pathname);
      if (!address) throw new Refusal(404, 'NotFound', `the stub server has no ${url.pathname}`);
      if (request.method === 'GET' && url.searchParams.has('watch')) {
        this.#watch(request, response, url, address);
        return;
      }
      this.#count(address, request.method ?? 'GET');
      if (request.method === 'GET' && address.name === undefined) {
        send(response, 200, this.#list(request, url, address));
        return;
      }
      const stored = change(address, request, body);
      send(response, request.method === 'POST' ? 201 : 200, jsonOf(stored, request));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
      send(response, refusal.status, JSON.stringify(statusOf(refusal)));
    }
  }

  #count({ kind, name, subresource }: Address, method: string): void {
    const verb = method === 'GET' && name === undefined ? 'LIST' : method;
    const id = `${kind.plural}${subresource ? `/${subresource}` : ''} ${verb}`;
    this.#requests.set(id, (this.#requests.get(id) ?? 0) + 1);
  }

  #addressOf(path: string): Address | undefined {
    for (const kind of resourceKinds) {
      if (!path.startsWith(`${kind.path}/`)) continue;
      const parts = path.slice(kind.path.length + 1).split('/');
      const [plural, name, subresource] = parts[0] === 'namespaces' ? parts.slice(2) : parts;
      const collection = this.#collections.get(plural ?? '');
      if (plural !== kind.plural || !collection) continue;
      return { kind, collection, name, subresource: subresource === 'status' ? subresource : undefined };
    }
    return undefined;
  }

  #list(request: IncomingMessage, url: URL, { kind, collection }: Address): string {
    const matching = collection.list().filter((stored) => selects(url, stored));
    const from = Number(url.searchParams.get('continue') ?? 0);
    const limit = Number(url.searchParams.get('limit') ?? 0) || matching.length;
    const items = matching.slice(from, from + limit).map((stored) => jsonOf(stored, request));
    const next = from + limit < matching.length ? String(from + limit) : '';
    const metadata = JSON.stringify({ resourceVersion: String(this.#versions.last), continue: next });
    const envelope = isMetadataOnly(request)
      ? '"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadataList"'
      : `"apiVersion":"${kind.apiVersion}","kind":"${kind.kind}List"`;
    return `{${envelope},"metadata":${metadata},"items":[${items.join(',')}]}`;
  }

  #watch(request: IncomingMessage, response: ServerResponse, url: URL, { kind, collection }: Address): void {
    if (url.searchParams.get('sendInitialEvents') === 'true') {
      throw new Refusal(422, 'Invalid', 'the stub server has no streaming lists');
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const tell = ({ type, stored }: Change): void => {
      if (selects(url, stored)) response.write(`{"type":"${type}","object":${jsonOf(stored, request)}}\n`);
    };
    const asked = Number(url.searchParams.get('resourceVersion') ?? 0);
    if (asked === 0) for (const stored of collection.list()) tell({ type: 'ADDED', stored });
    const stop = collection.watch(asked === 0 ? this.#versions.last : asked, tell);
    const bookmarks = setInterval(() => {
      const resourceVersion = String(this.#versions.last);
      const object = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { resourceVersion } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    }, bookmarkEveryMs);
    response.once('close', () => {
      stop();
      clearInterval(bookmarks);
    });
  }

  /** What clients ask to learn which resources there are, and what the harness asks. */
  #discovery(path: string): object | undefined {
    if (path === '/stub/requests') return Object.fromEntries(this.#requests);
    if (path === '/version') return { major: '1', minor: '34', gitVersion: 'v1.34.0-stub' };
    if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
    if (path === '/apis') {
      const groups = resourceKinds
        .filter((kind) => kind.path !== '/api/v1')
        .map(({ apiVersion }) => {
          const [name = '', version = ''] = apiVersion.split('/');
          const only = { groupVersion: apiVersion, version };
          return { name, versions: [only], preferredVersion: only };
        });
      return { kind: 'APIGroupList', apiVersion: 'v1', groups };
    }
    const kinds = resourceKinds.filter((kind) => kind.path === path);
    if (kinds.length === 0) return undefined;
    const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: kinds[0]?.apiVersion,
      resources: kinds.flatMap(({ plural: name, singular: singularName, kind }) => [
        { name, singularName, namespaced: true, kind, verbs },
        { name: `${name}/status`, singularName: '', namespaced: true, kind, verbs },
      ]),
    };
  }
}

function change({ collection, name, subresource }: Address, request: IncomingMessage, body: string): Stored {
  if (request.headers['content-type']?.includes('protobuf')) {
    throw new Refusal(415, 'UnsupportedMediaType', 'the stub server speaks JSON only');
  }
  const fields: Fields = body === '' ? {} : fieldsOf(JSON.parse(body));
  if (request.method === 'POST' && name === undefined) return collection.create(fields);
  if (name === undefined) throw new Refusal(405, 'MethodNotAllowed', `${request.method} of a collection`);
  switch (request.method) {
    case 'GET':
      return collection.get(name);
    case 'PUT':
      return collection.replace(name, subresource, fields);
    case 'PATCH':
      return collection.merge(name, subresource, fields);
    case 'DELETE':
      return collection.delete(name);
    default:
      throw new Refusal(405, 'MethodNotAllowed', `${request.method}`);
  }
}

function isMetadataOnly(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('as=PartialObjectMetadata') ?? false;
}

function jsonOf(stored: Stored, request: IncomingMessage): string {
  return isMetadataOnly(request) ? stored.metadataJson : stored.json;
}

/** Of selectors, only `name=value` and lists of it. */
function selects(url: URL, { labels }: Stored): boolean {
  const selector = url.searchParams.get('labelSelector');
  if (!selector) return true;
  return selector.split(',').every((part) => {
    const [name = '', value] = part.split(/==?/);
    return labels[name] === value;
  });
}

function send(response: ServerResponse, status: number, json: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
  });
  response.end(json);
}

function statusOf({ status: code, reason, message }: Refusal): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
