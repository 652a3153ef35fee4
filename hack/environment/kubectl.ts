import { run } from '../process/run.ts';
import { ensureTools } from '../tools/index.ts';

/** kubectl (and helm) bound to one cluster. */
export class Kubectl {
  readonly kubeconfig: string;
  readonly context: string;
  readonly #kubectl: string;
  readonly #helm: string;
  readonly #signal: AbortSignal | undefined;

  private constructor(options: {
    kubeconfig: string;
    context: string;
    kubectl: string;
    helm: string;
    signal: AbortSignal | undefined;
  }) {
    this.kubeconfig = options.kubeconfig;
    this.context = options.context;
    this.#kubectl = options.kubectl;
    this.#helm = options.helm;
    this.#signal = options.signal;
  }

  static async open(options: {
    kubeconfig: string;
    context: string;
    onProgress?: (message: string) => void;
    signal?: AbortSignal | undefined;
  }): Promise<Kubectl> {
    const tools = await ensureTools(['kubectl', 'helm'], options.onProgress ?? (() => {}), options.signal);
    return new Kubectl({ ...options, ...tools, signal: options.signal });
  }

  /** The same cluster for work that must go on after the run was interrupted, such as cleaning up. */
  detached(): Kubectl {
    return new Kubectl({
      kubeconfig: this.kubeconfig,
      context: this.context,
      kubectl: this.#kubectl,
      helm: this.#helm,
      signal: undefined,
    });
  }

  /** Standard output of `kubectl <args>`. */
  async run(args: readonly string[], input?: string): Promise<string> {
    return await run(this.#kubectl, ['--kubeconfig', this.kubeconfig, '--context', this.context, ...args], {
      signal: this.#signal,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** `kubectl <args> -o json`, parsed. */
  async json(args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.run([...args, '-o', 'json']));
  }

  /** Applies manifests: YAML text, or objects as JSON. */
  async apply(manifests: string | readonly object[]): Promise<string> {
    const text =
      typeof manifests === 'string'
        ? manifests
        : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests });
    return await this.run(['apply', '-f', '-'], text);
  }

  async helm(args: readonly string[], input?: string): Promise<string> {
    return await run(this.#helm, ['--kubeconfig', this.kubeconfig, '--kube-context', this.context, ...args], {
      signal: this.#signal,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** How a person runs kubectl on this cluster. */
  commandLine(): string {
    return `${this.#kubectl} --kubeconfig ${this.kubeconfig} --context ${this.context}`;
  }
}
