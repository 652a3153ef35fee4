import { styleText as style } from 'node:util';

// Progress goes to standard error: whether it has colours is that stream's matter, and NO_COLOR's.
const styleText = (format: 'bold' | 'dim', text: string): string =>
  style(format, text, { stream: process.stderr });

/** Names and durations (milliseconds) of the steps of a run, in order, and the lines a person sees meanwhile. */
export class Progress {
  readonly steps: Record<string, number> = {};
  readonly #write: (line: string) => void;
  readonly #started = performance.now();

  /** @param write - Takes one line without its end. Default: standard error, so that standard output stays data. */
  constructor(write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`)) {
    this.#write = write;
  }

  /** Runs one step; its duration is recorded also when it fails. */
  async step<T>(name: string, about: string, work: () => Promise<T>): Promise<T> {
    this.note(styleText('bold', about));
    const started = performance.now();
    try {
      return await work();
    } finally {
      const ms = Math.round(performance.now() - started);
      this.steps[name] = ms;
      this.note(styleText('dim', `${name}: ${(ms / 1000).toFixed(1)} s`));
    }
  }

  /** A line below the current step. */
  readonly note = (message: string): void => {
    const seconds = (performance.now() - this.#started) / 1000;
    this.#write(`${styleText('dim', `[${seconds.toFixed(1).padStart(6)} s]`)} ${message}`);
  };
}
