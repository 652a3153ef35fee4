/** Last packet of the speaker to first packet of the answer, of the latest turns. */
const KEPT = 200;

export class ResponseTimes {
  private readonly latest: number[] = [];

  add(milliseconds: number): void {
    this.latest.push(milliseconds);
    if (this.latest.length > KEPT) this.latest.shift();
  }

  /** @param quantile 0..1. @returns 0 when nothing was answered yet. */
  quantile(quantile: number): number {
    const sorted = [...this.latest].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))] ?? 0;
  }
}
