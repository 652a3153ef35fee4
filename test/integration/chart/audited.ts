// A control plane of one test file's own, with this project's definitions, that writes down what it is asked.
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../../hack/cluster/control-plane.ts';
import { type Request, readAudit, requestOf } from '../../../hack/rbac/audit.ts';
import { applyDefinitions } from '../setup.ts';

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

/** What ServiceAccounts have asked so far, in order. */
export async function requests({ auditLog = '' }: ControlPlane): Promise<Request[]> {
  const all: Request[] = [];
  for await (const event of readAudit(auditLog)) {
    const request = requestOf(event);
    if (request !== undefined) all.push(request);
  }
  return all;
}
