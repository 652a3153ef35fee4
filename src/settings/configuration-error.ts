/**
 * The process was configured wrongly: trying again cannot help. Programs print `problems` and exit with the
 * ConfigurationError code of `src/api/exit-codes.ts`.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** Each names the variable, key or file and says what is wrong; none holds a value. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(
      problems.length === 1
        ? `configuration: ${problems[0]}`
        : `configuration has ${problems.length} problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}
