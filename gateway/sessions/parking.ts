/**
 * Warm workers that no session has claimed: their streams stay open, so that the claim costs no dial. Nothing is kept
 * of them that a restart may not lose; they dial again.
 */
import { status } from '@grpc/grpc-js';

export interface ParkedWorker {
  /** A session has claimed its Job: it is looked at as if it had dialled now. */
  reconsider(): void;
  end(code: status, message: string): void;
}

export class ParkingLot {
  readonly #workers = new Map<string, ParkedWorker>();

  get size(): number {
    return this.#workers.size;
  }

  /** One worker for each Job: one that was there before is ended, for its pod dialled anew or was replaced. */
  park(jobName: string, worker: ParkedWorker): void {
    const before = this.#workers.get(jobName);
    this.#workers.set(jobName, worker);
    if (before !== undefined && before !== worker) {
      before.end(status.UNAVAILABLE, 'replaced by a newer stream');
    }
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
    for (const worker of all) worker.end(status.UNAVAILABLE, message);
  }
}
