/** The nearest speed that a vendor has. */
export function speedWithin(speed: number, slowest: number, fastest: number): number {
  return Math.min(fastest, Math.max(slowest, speed));
}
