// What was asked of an API server, from its audit log.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Right } from './model.ts';

/** One request, as the log has it (audit.k8s.io/v1). */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly userAgent?: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** A request of a ServiceAccount about a resource. */
export interface Request extends Right {
  readonly account: string;
  /** The account's own. */
  readonly home: string;
  /** Undefined: cluster-wide, or in all namespaces at once. */
  readonly namespace: string | undefined;
  /** HTTP status. */
  readonly status: number;
  readonly uri: string;
  readonly userAgent: string;
}

/** In order. @param log path of the audit log */
export async function* readAudit(log: string): AsyncGenerator<AuditEvent> {
  for await (const line of createInterface({
    input: createReadStream(log),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    // The last one may be half written.
    if (line.endsWith('}')) yield JSON.parse(line) as AuditEvent;
  }
}

/** Undefined: asked by a person, or not about a resource. */
export function requestOf(event: AuditEvent): Request | undefined {
  const { username } = event.impersonatedUser ?? event.user;
  const [, home, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  const { objectRef } = event;
  if (home === undefined || account === undefined || objectRef === undefined) return undefined;
  const { resource, subresource, apiGroup = '', namespace, name } = objectRef;
  return {
    account,
    home,
    verb: event.verb,
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name: name ?? nameInSelector(event.requestURI),
    namespace,
    status: event.responseStatus?.code ?? 0,
    uri: event.requestURI,
    userAgent: event.userAgent ?? '',
  };
}

/** A list or watch of one object by its name is authorised like a get of it. */
function nameInSelector(uri: string): string | undefined {
  const selector = new URL(uri, 'https://kubernetes').searchParams.get('fieldSelector');
  return /^metadata\.name=([^,]+)$/.exec(selector ?? '')?.[1];
}
