// What a Tenant's conditions say in restricted mode.
import type { RoleBinding } from '../../src/kube/index.ts';
import type { Step } from '../tenant/decide.ts';
import type { AccessState } from './access.ts';
import { commandFor } from './bindings.ts';

export function waitsFor(access: Extract<AccessState, { kind: 'refused' | 'reading' }>): Step {
  if (access.kind === 'refused') return { status: 'False', reason: 'RightsMissing', message: access.message };
  return { status: 'False', reason: 'NamespaceUnread', message: 'What is in the namespace is being read.' };
}

export function rightsMissing(binding: RoleBinding): Step {
  const message = `RoleBinding ${binding.metadata?.name} is missing, or is for somebody else. ${commandFor(binding)}`;
  return { status: 'False', reason: 'RightsMissing', message };
}
