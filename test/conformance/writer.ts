/** Changes ConfigMaps while faults happen, straight at the API server. What it does follows from the seed. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, configMaps, isAlreadyExists, isNotFound, isTransient } from '../../src/kube/index.ts';
import { between, type Random } from './random.ts';
import { digest } from './runtimes/digest.ts';
import type { SeenObject } from './runtimes/protocol.ts';
import type { Writes } from './scenario.ts';

/** Between two changes, milliseconds. */
const paceMs = 25;
/** Characters of one to four bytes. */
const words = ['Ærøskøbing', '東京都', 'naïve', '🐉🎲', 'plain', 'Žižkov', 'Ελλάδα', '𝔖𝔨𝔞𝔩𝔡'];

type Change = 'create' | 'update' | 'delete' | 'recreate';

export class Writer {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #random: Random;
  readonly #present = new Set<string>();
  readonly #names: string[] = [];

  constructor(parts: { client: Client; namespace: string; random: Random }) {
    this.#client = parts.client;
    this.#namespace = parts.namespace;
    this.#random = parts.random;
  }

  async seed(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) this.#names.push(`object-${index}`);
    const waiting = [...this.#names];
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await this.#create(name);
    };
    await Promise.all(Array.from({ length: 8 }, work));
    // Names that are free at first, so that there is something to create.
    for (let index = 0; index < 6; index += 1) this.#names.push(`late-${index}`);
  }

  /** Writes as asked; `mixed` goes on until it is over. */
  async write(writes: Writes, over: () => boolean, signal: AbortSignal): Promise<void> {
    const names = [...this.#present];
    if (writes === 'mixed') {
      while (!over() && !signal.aborted) {
        await this.#change(this.#choose());
        await delay(paceMs);
      }
    } else if (writes !== 'none') {
      for (const name of names) {
        if (signal.aborted) return;
        await this.#change({ change: writes, name });
      }
    }
  }

  /** What the server has at last. */
  async truth(): Promise<SeenObject[]> {
    const objects = await this.#client.listAll(configMaps, { namespace: this.#namespace });
    return objects.map((object) => ({
      key: `${this.#namespace}/${object.metadata.name}`,
      resourceVersion: object.metadata.resourceVersion,
      digest: digest(object),
    }));
  }

  /** The server's version now. */
  async version(): Promise<string> {
    const page = await this.#client.list(configMaps, { namespace: this.#namespace, limit: 1 });
    return page.resourceVersion;
  }

  #choose(): { change: Change; name: string } {
    const name = this.#names[between(this.#random, 0, this.#names.length - 1)] ?? 'object-0';
    const dice = this.#random();
    if (!this.#present.has(name)) return { change: 'create', name };
    return { change: dice < 0.55 ? 'update' : dice < 0.75 ? 'delete' : 'recreate', name };
  }

  /** A server that is away loses the change; the truth is read from the server in the end. */
  async #change({ change, name }: { change: Change; name: string }): Promise<void> {
    try {
      if (change === 'delete' || change === 'recreate') await this.#delete(name);
      if (change === 'create' || change === 'recreate') await this.#create(name);
      if (change === 'update') await this.#update(name);
    } catch (error) {
      if (!isTransient(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
    }
  }

  async #create(name: string): Promise<void> {
    // Also if no answer comes: then it may be there.
    this.#present.add(name);
    const metadata = { namespace: this.#namespace, name };
    await this.#client.create(configMaps, { metadata, data: this.#data() });
  }

  async #update(name: string): Promise<void> {
    const key = { namespace: this.#namespace, name };
    await this.#client.patch(configMaps, key, { merge: { data: this.#data() } });
  }

  async #delete(name: string): Promise<void> {
    await this.#client.delete(configMaps, { namespace: this.#namespace, name });
    this.#present.delete(name);
  }

  #data(): Record<string, string> {
    const text = Array.from({ length: 24 }, () => words[between(this.#random, 0, words.length - 1)]);
    return { text: text.join(' '), number: String(Math.floor(this.#random() * 1e9)) };
  }
}
