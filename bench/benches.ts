/** A measurement that `npm run bench -- NAME` runs: a folder `bench/NAME/`, and a line in {@link benches}. */
export interface Bench {
  /** Its options with examples, as `npm run bench -- NAME --help` prints them. */
  readonly help: string;
  /**
   * @param args - What follows the name on the command line.
   * @param signal - Aborted by Ctrl-C: end what was started, then reject with the signal's reason.
   * @returns The exit status: 0, or 1 when a bar that was asked for is missed.
   * @throws UsageError when the arguments make no sense.
   */
  run(args: readonly string[], signal: AbortSignal): Promise<number>;
}

interface Entry {
  readonly about: string;
  readonly load: () => Promise<Bench>;
}

/** Loaded when it is asked for, so that one bench pays for none of the others. */
export const benches: Readonly<Record<string, Entry>> = {
  controller: {
    about: 'the controller runtime and its peers, at the same work',
    load: async () => (await import('./controller/bench.ts')).controllerBench,
  },
  gateway: {
    about: 'one gateway process with many tenants: memory, connecting, how soon commands are answered',
    load: async () => (await import('./gateway/bench.ts')).gatewayBench,
  },
  quality: {
    about:
      'forty things said at the table in an evening: who answers, is anybody cut wrongly, is anything missed',
    load: async () => (await import('./quality/bench.ts')).qualityBench,
  },
  soak: {
    about: 'one worker for half an hour on a bad network, with people who come and go: answers and memory',
    load: async () => (await import('./soak/bench.ts')).soakBench,
  },
  start: {
    about: 'from /session start to a bot that listens, cold and with a warm worker',
    load: async () => (await import('./start/bench.ts')).startBench,
  },
  voice: {
    about: 'a worker in conversation: how soon it answers and falls silent, its pacing, CPU and memory',
    load: async () => (await import('./voice/bench.ts')).voiceBench,
  },
};
