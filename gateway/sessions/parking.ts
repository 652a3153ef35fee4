/**
 * Warm workers that no session has claimed: their streams stay open, so that the claim costs no dial. Nothing is kept
 * of them that a restart may not lose; they dial again.
 */
import { status } from '@grpc/grpc-js';
import type { WorkerStream } from './worker-call.ts';

export interface ParkedWorker {
  readonly podUid: string;
  readonly stream: WorkerStream;
  /** A session has claimed its Job: it is looked at as if it had dialled now. */
  reconsider(): void;
}

export class ParkingLot {
  readonly #workers = new Map<string, ParkedWorker>();

  get size(): number {
    return this.#workers.size;
  }

  /**
   * One worker for each Job, and it is told. One that was there before is ended, for its pod dialled anew or was
   * replaced.
   * @param takesOver it says that it goes on for a stream of its own: that one hands over
   */
  park(jobName: string, worker: ParkedWorker, takesOver: boolean): 'parked' | 'resumed' {
    const before = this.#workers.get(jobName);
    this.#workers.set(jobName, worker);
    if (before !== undefined && takesOver && before.podUid === worker.podUid) {
      worker.stream.send({ $case: 'resumed', value: {} });
      before.stream.handOverTo(worker.stream);
      return 'resumed';
    }
    worker.stream.send({ $case: 'parked', value: {} });
    before?.stream.end(status.UNAVAILABLE, 'replaced by a newer stream');
    return 'parked';
  }

  /** The stream is over, or serves a session now. */
  leave(jobName: string, worker: ParkedWorker): void {
    if (this.#workers.get(jobName) === worker) this.#workers.delete(jobName);
  }

  claimed(jobName: string): void {
    this.#workers.get(jobName)?.reconsider();
  }

  close(message: string): void {
    const all = [...this.#workers.values()];
    this.#workers.clear();
    for (const { stream } of all) stream.end(status.UNAVAILABLE, message);
  }
}
