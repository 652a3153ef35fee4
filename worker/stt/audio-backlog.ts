/** What was said and may have to be sent again, or could not be sent yet: bounded, the oldest goes first. */
export class AudioBacklog {
  private readonly most: number;
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;
  /** Bytes that were lost, because there were too many. */
  dropped = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.most = most;
  }

  push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    while (this.bytes > this.most) {
      const lost = this.chunks.shift()?.length ?? 0;
      this.bytes -= lost;
      this.dropped += lost;
    }
  }

  /** Whether another chunk of this size would push an old one out. */
  fullFor(chunk: Uint8Array): boolean {
    return this.bytes + chunk.length > this.most;
  }

  clear(): void {
    this.chunks.length = 0;
    this.bytes = 0;
  }

  [Symbol.iterator](): IterableIterator<Uint8Array> {
    return this.chunks.values();
  }
}
