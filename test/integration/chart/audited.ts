// A control plane of one test file's own, with this project's definitions, that writes down what it is asked.
import { readFile } from 'node:fs/promises';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../../hack/cluster/control-plane.ts';
import { applyDefinitions } from '../setup.ts';

/** One request, as the API server's audit log has it. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
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

export async function startAudited(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const plane = await startControlPlane({ ...options, audit: true });
  try {
    await applyDefinitions(plane.kubeconfig);
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane;
}

/** Everything that was asked so far, in order. */
export async function auditEvents({ auditLog = '' }: ControlPlane): Promise<AuditEvent[]> {
  const lines = (await readFile(auditLog, 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line): AuditEvent => JSON.parse(line));
}

/** In whose name it was asked. */
export function identityOf({ user, impersonatedUser }: AuditEvent): string {
  return (impersonatedUser ?? user).username;
}
