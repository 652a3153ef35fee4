import { expect, test } from 'vitest';
import type { RoleBinding } from '../../src/kube/index.ts';
import { commandFor, missingBindings, wantedBindings } from './bindings.ts';

const SETTINGS = { systemNamespace: 'skald-system', serviceAccount: 'skald-controller' };
const wanted = wantedBindings({ name: 'demo', namespace: 'demo-ns', slot: 2 }, SETTINGS);

const missing = (...there: RoleBinding[]) =>
  missingBindings(wanted, (name) => there.find(({ metadata }) => metadata?.name === name)).map(
    ({ metadata }) => metadata?.name,
  );

test('a slot’s gateway is bound from the system namespace, a tenant’s own from the tenant’s', () => {
  expect(wanted.map(commandFor)).toEqual([
    'kubectl -n demo-ns create rolebinding skald-controller --clusterrole=skald-controller-tenant --serviceaccount=skald-system:skald-controller',
    'kubectl -n demo-ns create rolebinding skald-gateway-sessions --clusterrole=skald-gateway --serviceaccount=skald-system:skald-gateway-2',
    'kubectl -n demo-ns create rolebinding skald-gateway --clusterrole=skald-gateway-token --serviceaccount=skald-system:skald-gateway-2',
  ]);
  const own = wantedBindings({ name: 'demo', namespace: 'demo-ns' }, SETTINGS);
  expect(own.map(commandFor)[1]).toContain('--serviceaccount=demo-ns:skald-gateway');
});

test('what is there for the same role and account is enough, also with others in it', () => {
  const shared = wanted.map((one) => ({
    ...one,
    subjects: [{ kind: 'User', name: 'somebody' }, ...(one.subjects ?? [])],
  }));
  expect(missing(...shared)).toEqual([]);
});

test('a binding that is missing, for another slot, or to another role is named', () => {
  const [controller, sessions, token] = wanted;
  if (controller === undefined || sessions === undefined || token === undefined) throw new Error('three');
  expect(missing(controller, token)).toEqual(['skald-gateway-sessions']);
  const [other] = wantedBindings({ name: 'demo', namespace: 'demo-ns', slot: 1 }, SETTINGS).slice(1);
  expect(missing(controller, token, other ?? sessions)).toEqual(['skald-gateway-sessions']);
  const wider = { ...token, roleRef: { ...token.roleRef, name: 'view' } };
  expect(missing(controller, sessions, wider)).toEqual(['skald-gateway']);
});
