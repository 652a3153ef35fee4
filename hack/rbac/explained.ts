import type { Explanation } from './usage.ts';

const binds =
  'no request has this verb: it is asked about when the operator makes a RoleBinding (test/integration/chart/rbac)';
const finds = 'after a conflict (src/kube/finalizers.ts), which two writers have to be quick for';
const mends = 'as of the StatefulSet beside it, for which a test takes the labels away';
const again =
  'after a conflict of two who mute, or when a session of its name is there already: two gateways for one interaction';

const drops =
  'when quotas are switched off (quota.enabled) what was made is removed, as NetworkPolicies beside it are, for which there is a test';

/** Rights that no integration test makes use of, and why they are granted all the same. */
export const EXPLAINED: readonly Explanation[] = [
  {
    grant: 'skald-controller: bind clusterroles.rbac.authorization.k8s.io[skald-controller-tenant]',
    why: binds,
  },
  { grant: 'skald-controller: bind clusterroles.rbac.authorization.k8s.io[skald-gateway]', why: binds },
  { grant: 'skald-controller: bind clusterroles.rbac.authorization.k8s.io[skald-gateway-token]', why: binds },
  { grant: 'skald-controller: get tenants.skald.dev', why: finds, byChance: true },
  { grant: 'skald-controller-tenant: delete limitranges', why: drops },
  { grant: 'skald-controller-tenant: delete resourcequotas', why: drops },
  { grant: 'skald-controller-tenant: get pods', why: finds, byChance: true },
  { grant: 'skald-controller-tenant: patch serviceaccounts', why: mends },
  { grant: 'skald-controller-tenant: patch services', why: mends },
  { grant: 'skald-gateway: get voicesessions.skald.dev', why: again, byChance: true },
];
