import type { ImportSkip } from '../../../src/entities/plan-import.ts';
import type { Messages } from '../../messages/catalogue.ts';

/** Why something cannot be written down, as the middle of a sentence. */
export function problemText(skip: ImportSkip, { entity: { problem } }: Messages): string {
  switch (skip.problem) {
    case 'nameTooLong':
    case 'kindTooLong':
    case 'descriptionTooLong':
      return problem[skip.problem](String(skip.length));
    case 'notText':
    case 'unknownField':
      return problem[skip.problem](skip.field.slice(0, 64));
    case 'notAnEntity':
      return problem.notAnEntity(skip.kind.slice(0, 64));
    case 'repeated':
      return problem.repeated(String(skip.line));
    default:
      return problem[skip.problem];
  }
}
