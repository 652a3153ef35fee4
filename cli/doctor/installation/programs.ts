// Operator and gateways: whether they run, and whether they are of one version.
import type { Deployment, Live, StatefulSet } from '../../../src/kube/index.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Installation } from './context.ts';

type Seen = Pick<Installation, 'operator' | 'gateways' | 'systemNamespace' | 'version'>;

export function programChecks({ operator, gateways, systemNamespace, version }: Seen): Check[] {
  const right = `Ask for the right to get deployments and statefulsets in ${systemNamespace}.`;
  if (operator === 'absent') {
    return [
      fail(
        'operator',
        `There is no Deployment skald-controller in ${systemNamespace}: Skald is not installed there.`,
        'helm install skald helm/skald --namespace skald-system (docs/operations.md), or say where it is with --system-namespace.',
      ),
    ];
  }
  const checks = [
    operator === undefined
      ? skipped('operator', 'You may not see the operator.', right)
      : readiness('operator', operator, systemNamespace),
    ...(gateways === undefined
      ? [skipped('gateways', 'You may not see the gateways.', right)]
      : gateways.length === 0
        ? [
            warn(
              'gateways',
              `There is no gateway in ${systemNamespace}; only tenants with one of their own are served.`,
              "Set gateway.slots in the chart's values.",
            ),
          ]
        : gateways.map((one) => readiness('gateways', one, systemNamespace))),
  ];
  if (operator === undefined || gateways === undefined) return checks;
  return [...checks, ...versionChecks(operator, gateways, version)];
}

function readiness(id: string, workload: Live<Deployment> | Live<StatefulSet>, namespace: string): Check {
  const { name } = workload.metadata;
  const ready = workload.status?.readyReplicas ?? 0;
  const wanted = workload.spec?.replicas ?? 1;
  const fix = `kubectl -n ${namespace} describe pods -l skald.dev/component=${id === 'operator' ? 'controller' : 'gateway'}`;
  if (wanted === 0)
    return fail(
      id,
      `${name} is scaled to 0.`,
      `kubectl -n ${namespace} scale ${workload.kind?.toLowerCase() ?? 'deployment'}/${name} --replicas=1`,
    );
  if (ready === 0) return fail(id, `${name} has no pod that is ready (of ${wanted}).`, fix);
  if (ready < wanted) return warn(id, `Of ${name} ${ready} of ${wanted} pods are ready.`, fix);
  return ok(id, `${name} runs: ${ready} of ${wanted} pods are ready.`);
}

function versionChecks(
  operator: Live<Deployment>,
  gateways: readonly Live<StatefulSet>[],
  own: string,
): Check[] {
  const images = new Set(
    [operator, ...gateways].map((one) => one.spec?.template?.spec?.containers[0]?.image ?? 'none'),
  );
  const version = operator.metadata.labels?.['app.kubernetes.io/version'];
  const alike =
    images.size === 1
      ? ok('versions', `Operator and gateways run one image: ${[...images].join()}.`)
      : warn(
          'versions',
          `Operator and gateways run different images: ${[...images].join(', ')}.`,
          'Finish the upgrade: helm upgrade',
        );
  const same =
    version === undefined || version === own
      ? []
      : [
          warn(
            'versions',
            `The installation is of version ${version}, this skald of ${own}.`,
            'Use the skald of the installed version.',
          ),
        ];
  return [alike, ...same];
}
