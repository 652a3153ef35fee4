// The other judge of a manifest: a real API server with the project's CRDs, which creates it as a dry run with strict
// field validation, as `kubectl create` does.
import { Agent, request } from 'node:https';
import type { KubeConfiguration } from '../../../src/kube/index.ts';
import { marshal } from '../../../src/validation/go-format.ts';
import { at, isObject, type Json, type JsonObject } from '../../../src/validation/json.ts';

/** Every refusal as `field: message`, sorted; empty when the server accepts the object. */
export type Verdict = readonly string[];

const PLURALS: ReadonlyMap<string, string> = new Map([
  ['Tenant', 'tenants'],
  ['Campaign', 'namespaces/default/campaigns'],
  ['VoiceSession', 'namespaces/default/voicesessions'],
]);

export class Server {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  private constructor(url: URL, headers: Readonly<Record<string, string>>, ca: string | undefined) {
    this.#url = url;
    this.#headers = { ...headers, accept: 'application/json' };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ...(ca === undefined ? {} : { ca }) });
  }

  static async connect(configuration: KubeConfiguration): Promise<Server> {
    const { headers, tls } = await configuration.credentials();
    return new Server(configuration.server, headers, tls.ca);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A namespace in the manifest is left to the request's: which one exists is no question of validity. */
  async verdict(manifest: JsonObject): Promise<Verdict> {
    return this.#verdict(manifest, 'application/json', marshal(manifest));
  }

  /** @param manifest what the validator makes of the text, which the server reads itself */
  async verdictOfYaml(manifest: JsonObject, text: string): Promise<Verdict> {
    return this.#verdict(manifest, 'application/yaml', text);
  }

  async #verdict(manifest: JsonObject, contentType: string, body: string): Promise<Verdict> {
    const path = PLURALS.get(String(manifest.get('kind')));
    if (path === undefined) throw new Error(`no such kind: ${manifest.get('kind')}`);
    const url = `/apis/skald.dev/v1alpha1/${path}?dryRun=All&fieldValidation=Strict`;
    const answer: Answer = JSON.parse(await this.#post(url, contentType, body));
    if (answer.kind !== 'Status') return [];
    // A name that the server made of a bad generateName is different each time.
    const generated = at(manifest, ['metadata', 'name']) === undefined;
    const random = (line: string) => generated && line.startsWith('metadata.name: Invalid value: ');
    return linesOf(answer)
      .filter((line) => !random(line))
      .sort();
  }

  #post(path: string, contentType: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, 'content-type': contentType };
      const outgoing = request(
        new URL(path, this.#url),
        { method: 'POST', agent: this.#agent, headers },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly kind: string;
  readonly code?: number;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
}

function linesOf({ code, message = '', details }: Answer): string[] {
  const causes = details?.causes ?? [];
  if (code === 422 && causes.length > 0) {
    return causes.map(({ field = '', message: said = '' }) => `${field}: ${said}`);
  }
  const strict = message.split('strict decoding error: ')[1];
  if (strict === undefined) return [message.replace(/^.* cannot be handled as a \w+: /, '')];
  return strict
    .split(/, (?=unknown field ")/)
    .map((said) => `${said.slice('unknown field "'.length, -1)}: ${said}`);
}

/** An object that is to be created in the namespace of the request. */
export function placed(manifest: JsonObject): JsonObject {
  const metadata: Json | undefined = manifest.get('metadata');
  if (!isObject(metadata) || !metadata.has('namespace') || manifest.get('kind') === 'Tenant') return manifest;
  const rest = new Map(metadata);
  rest.delete('namespace');
  return new Map([...manifest, ['metadata', rest]]);
}
