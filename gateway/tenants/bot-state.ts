/**
 * Where a tenant's bot stands with Discord, as people and the operator are told.
 */
import type { TenantReason } from '../../src/api/index.ts';
import type { GetTenantStatusResponse } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { FatalReason } from '../discord/connection.ts';

export type ParkedReason = FatalReason | 'ApplicationMismatch' | 'TooManyInvalidRequests';

export type BotState =
  /** There is no token to connect with, or not yet. */
  | { readonly kind: 'NoToken'; readonly reason: TenantReason; readonly message: string }
  | { readonly kind: 'Connecting'; readonly message: string }
  | { readonly kind: 'Connected' }
  /** Nothing is tried until the token or the tenant changes. */
  | { readonly kind: 'Parked'; readonly reason: ParkedReason; readonly message: string };

export function statusResponse(
  state: BotState,
  facts: { readonly botUserId: string; readonly guilds: number },
): GetTenantStatusResponse {
  const connected = state.kind === 'Connected';
  return {
    served: true,
    connected,
    reason: 'reason' in state ? state.reason : state.kind,
    message: connected ? 'The bot is connected to Discord.' : state.message,
    botUserId: facts.botUserId,
    guilds: facts.guilds,
  };
}

/** The answer for a tenant that this slot does not serve. */
export const NOT_SERVED: GetTenantStatusResponse = {
  served: false,
  connected: false,
  reason: 'NotServed',
  message: 'This gateway does not serve the tenant.',
  botUserId: '',
  guilds: 0,
};
