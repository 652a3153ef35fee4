/** The JSON error codes that the simulator answers with (Discord's "JSON Error Codes" table). */
export const ErrorCode = {
  General: 0,
  UnknownApplication: 10002,
  UnknownChannel: 10003,
  UnknownGuild: 10004,
  UnknownMember: 10007,
  UnknownMessage: 10008,
  UnknownRole: 10011,
  UnknownUser: 10013,
  UnknownWebhook: 10015,
  UnknownInteraction: 10062,
  UnknownCommand: 10063,
  UnknownVoiceState: 10065,
  MaximumCommands: 30032,
  AlreadyAcknowledged: 40060,
  NotInVoice: 40032,
  MissingAccess: 50001,
  EmptyMessage: 50006,
  NonTextChannel: 50008,
  MissingPermissions: 50013,
  InvalidWebhookToken: 50027,
  InvalidFormBody: 50035,
  InvalidToken: 50014,
} as const;

/** One refused field: where it is in the body, Discord's code for the rule, and the sentence. */
export interface FieldError {
  path: readonly (string | number)[];
  code: string;
  message: string;
}

/** A request that Discord refuses: becomes the status and the JSON body `{message, code, errors?}`. */
export class RestError extends Error {
  readonly status: number;
  readonly code: number;
  readonly fields: readonly FieldError[];

  constructor(status: number, code: number, message: string, fields: readonly FieldError[] = []) {
    super(message);
    this.name = 'RestError';
    this.status = status;
    this.code = code;
    this.fields = fields;
  }

  body(): unknown {
    const body = { message: this.message, code: this.code };
    return this.fields.length > 0 ? { ...body, errors: nest(this.fields) } : body;
  }
}

export const unauthorized = () => new RestError(401, ErrorCode.General, '401: Unauthorized');
export const notFound = () => new RestError(404, ErrorCode.General, '404: Not Found');
export const missingPermissions = () =>
  new RestError(403, ErrorCode.MissingPermissions, 'Missing Permissions');
export const missingAccess = () => new RestError(403, ErrorCode.MissingAccess, 'Missing Access');
export const invalidForm = (fields: readonly FieldError[]) =>
  new RestError(400, ErrorCode.InvalidFormBody, 'Invalid Form Body', fields);

type ErrorTree = { [key: string]: ErrorTree | { code: string; message: string }[] };

/** Discord nests form errors by path, with the errors of a field under `_errors`. */
function nest(fields: readonly FieldError[]): ErrorTree {
  const root: ErrorTree = {};
  for (const field of fields) {
    let node = root;
    for (const part of field.path) {
      const existing = node[String(part)];
      const child: ErrorTree = existing && !Array.isArray(existing) ? existing : {};
      node[String(part)] = child;
      node = child;
    }
    const errors = node._errors;
    const entry = { code: field.code, message: field.message };
    if (Array.isArray(errors)) errors.push(entry);
    else node._errors = [entry];
  }
  return root;
}
