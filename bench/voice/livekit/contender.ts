/** What both products of the comparison can do, so that the same hand measures both. */
import type { Memory } from '../processes.ts';
import type { Line } from '../wavs.ts';

export interface Contender {
  /** Says it, and nothing else is said meanwhile. Resolves when the last packet has left. */
  say(line: Line): Promise<Said>;
  /** The character says it from now on, asked by nobody. */
  speak(text: string): void;
  /** The moments at which a packet with sound came, since `forget`. */
  sounds(): Promise<number[]>;
  /** The listener's clock, milliseconds; all times here are of it. */
  now(): Promise<number>;
  forget(): Promise<void>;
  /** User and system time of the process that has the session, milliseconds. */
  cpuMs(): Promise<number>;
  /** Of the same process. */
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

export interface Said {
  /** When its first and its last packet left; both can be heard. */
  readonly firstAt: number;
  readonly lastAt: number;
}
