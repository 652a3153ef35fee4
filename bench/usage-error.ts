/** Arguments that make no sense. Whoever runs the bench is shown the message and its help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
