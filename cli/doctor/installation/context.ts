// What the checks of the installation share.
import type { Tenant } from '../../../src/api/index.ts';
import type { Client, Deployment, Live, StatefulSet } from '../../../src/kube/index.ts';
import type { Terminal } from '../../terminal.ts';

export interface Installation {
  readonly client: Client;
  readonly systemNamespace: string;
  readonly signal: AbortSignal;
  readonly env: Terminal['env'];
  /** Of this build. */
  readonly version: string;
  /** Undefined: the caller may not see it. */
  readonly operator: Live<Deployment> | 'absent' | undefined;
  readonly gateways: readonly Live<StatefulSet>[] | undefined;
  readonly tenants: readonly Live<Tenant>[] | undefined;
}

/** The value of a variable in the pod template, of the first container. */
export function variable(
  workload: { readonly spec?: Live<Deployment>['spec'] | Live<StatefulSet>['spec'] },
  name: string,
): string | undefined {
  const container = workload.spec?.template?.spec?.containers[0];
  return container?.env?.find((one) => one.name === name)?.value;
}
