/** How a session ended, as the pod's termination message: JSON, less than 4 KiB, read by the operator. */
import type { Counters } from '../src/store/index.ts';

export interface SessionResult extends Counters {
  readonly endReason: string;
  readonly message?: string;
  readonly transcriptRef?: string;
}

/** Kubernetes cuts at 4096 bytes, which would leave no JSON. */
const MOST_MESSAGE = 1000;

export function terminationMessage(
  endReason: string,
  message: string | undefined,
  counters: Counters,
  transcriptRef: string | undefined,
): string {
  const round = (value: number, digits: number): number => Number(value.toFixed(digits));
  const result: SessionResult = {
    endReason,
    ...(message === undefined || message === '' ? {} : { message: message.slice(0, MOST_MESSAGE) }),
    ...counters,
    sttSeconds: round(counters.sttSeconds, 2),
    spendUSD: round(counters.spendUSD, 6),
    ...(transcriptRef === undefined ? {} : { transcriptRef }),
  };
  return JSON.stringify(result);
}
