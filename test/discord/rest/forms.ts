import { z } from 'zod';
import { type FieldError, invalidForm } from './errors.ts';

/** Parses a body or refuses it with Discord's 50035 and one entry per bad field. */
export function parseForm<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidForm(parsed.error.issues.map(fieldError));
}

function fieldError(issue: z.core.$ZodIssue): FieldError {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part));
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string'
        ? { path, code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${issue.maximum} or fewer in length.` }
        : { path, code: 'BASE_TYPE_BAD_LENGTH', message: `Must be ${issue.maximum} or fewer in length.` };
    case 'too_small':
      return { path, code: 'BASE_TYPE_MIN_LENGTH', message: `Must be ${issue.minimum} or more in length.` };
    case 'invalid_type':
      return issue.input === undefined
        ? { path, code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
        : { path, code: 'BASE_TYPE_INVALID', message: `Could not interpret as ${issue.expected}.` };
    case 'invalid_format':
      return {
        path,
        code: 'STRING_TYPE_REGEX',
        message: 'String value did not match validation regex.',
      };
    default:
      return { path, code: 'BASE_TYPE_INVALID', message: issue.message };
  }
}

/** Optional and nullable: Discord treats a null field of a body as absent. */
export const absent = <T extends z.ZodType>(schema: T) => schema.nullish();

export const text = (limit: number) => z.string().max(limit);
