// Offline validation of Skald's objects: what the API server and the operator would say, without either.
export { type CrossProblem, crossProblems } from './cross.ts';
export { definitions } from './generated/definitions.ts';
export * from './json.ts';
export { type Validated, validateObject } from './object.ts';
export type { CauseType, Problem, Rule } from './problem.ts';
export type { Judged } from './repository.ts';
export { type Definition, unsupportedKeywords } from './schema.ts';
