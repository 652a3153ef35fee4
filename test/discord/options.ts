import type { Clock } from './world/clock.ts';

/** How a simulator is set up; everything has a default that fits a test on this machine. */
export interface SimulatorOptions {
  /** Address to bind. @defaultValue 127.0.0.1 */
  host?: string;
  /** Address or name that clients are told; must resolve to IPv4 for UDP. @defaultValue the bind address */
  publicHost?: string;
  /** Port of REST, gateway and control API. @defaultValue a free one */
  httpPort?: number;
  /** Where the CA's PEM goes. @defaultValue a fresh temporary directory, removed by stop() */
  caDirectory?: string;
  /** A manual clock is for the rules about time; people need a running one to speak. */
  clock?: Clock;
  /** `required`: clients without DAVE are closed with 4017, as Discord does. @defaultValue required */
  dave?: 'required' | 'off';
  /** Transport encryption modes to offer. @defaultValue both */
  modes?: readonly string[];
}
