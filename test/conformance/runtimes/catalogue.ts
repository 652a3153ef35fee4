/** The runtimes that can be put to the test. Another one is one line here and an adapter: see protocol.ts. */
import { join } from 'node:path';
import { installPeer } from '../../../bench/peers/install.ts';

export interface RuntimeUnderTest {
  name: string;
  /** The adapter, a program for Node. */
  main: string;
  /** Makes its packages available. */
  install?: (onProgress: (message: string) => void, signal: AbortSignal) => Promise<unknown>;
}

const adapter = (name: string): string => join(import.meta.dirname, name, 'main.ts');

export const skald: RuntimeUnderTest = { name: 'skald', main: adapter('skald') };

export const runtimes: readonly RuntimeUnderTest[] = [
  skald,
  {
    name: 'dot-i',
    main: adapter('dot-i'),
    install: (onProgress, signal) => installPeer('dot-i', onProgress, signal),
  },
  {
    name: 'kubernetes-fluent-client',
    main: adapter('kubernetes-fluent-client'),
    install: (onProgress, signal) => installPeer('kubernetes-fluent-client', onProgress, signal),
  },
];
