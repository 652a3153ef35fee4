// What a Tenant's or a session's Events say of its children.
import type { ChildReason } from '../../src/api/index.ts';
import type { EventFields } from '../../src/kube/index.ts';
import type { ChildState } from './keeper.ts';

/**
 * @param child `RoleBinding skald-gateway`
 * @param expected it was there before: that it had to be made means that somebody deleted it
 */
export function childEvent(child: string, state: ChildState, expected: boolean): EventFields | undefined {
  if (state === 'mended') return event('Normal', 'Restored', `${child} was not as it should be; it is now.`);
  if (state === 'made' && expected)
    return event('Normal', 'Restored', `${child} was missing; it is there now.`);
  if (state === 'taken') return event('Warning', 'NameTaken', nameTaken(child));
  return undefined;
}

export function nameTaken(child: string): string {
  return `${child} exists and is not the operator's: it is left alone. Delete it, and it is made as it should be.`;
}

function event(type: EventFields['type'], reason: ChildReason, note: string): EventFields {
  return { type, reason, action: ACTION, note };
}

const ACTION = 'Restore';
