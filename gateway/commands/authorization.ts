/**
 * Who may run a command. `Tenant.spec.discord.roles` decides by the command's name (`session start`, else
 * `session`): a listed role is needed, an empty list lets everyone. A command that is not named there and is not for
 * everyone by its nature (`/privacy`) needs `gameMasterRole`. When the tenant names neither, the permission "Manage
 * Server" is needed (owners and administrators have it): whoever could add the bot may use it, and players cannot
 * start or stop a session by accident. Decided on the server, from the interaction's own member; what Discord's client
 * hides does not matter.
 */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { TenantDiscord } from '../../src/api/generated/tenant.ts';
import { has } from '../../src/discord/permissions.ts';
import type { Messages } from '../messages/catalogue.ts';
import type { Access } from './command.ts';

export interface Invoker {
  readonly roles: readonly string[];
  /** The member's permissions in the channel, as the interaction states them. */
  readonly permissions: bigint;
}

export type Authorization =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly needs: 'ManageGuild' }
  | { readonly allowed: false; readonly needs: 'Role'; readonly roles: readonly string[] };

/**
 * @param command full name, e.g. `session start`
 * @param access whom it is for when the tenant does not name it
 */
export function authorize(
  command: string,
  discord: Pick<TenantDiscord, 'roles' | 'gameMasterRole'>,
  invoker: Invoker,
  access: Access = 'gameMaster',
): Authorization {
  const listed = named(discord.roles, command) ?? named(discord.roles, command.split(' ', 1)[0] ?? command);
  if (listed !== undefined) {
    if (listed.length === 0) return { allowed: true };
    return needsOneOf(listed, invoker);
  }
  if (access === 'everyone') return { allowed: true };
  if (discord.gameMasterRole !== undefined) return needsOneOf([discord.gameMasterRole], invoker);
  const manager =
    has(invoker.permissions, PermissionFlagsBits.ManageGuild) ||
    has(invoker.permissions, PermissionFlagsBits.Administrator);
  return manager ? { allowed: true } : { allowed: false, needs: 'ManageGuild' };
}

function named(roles: TenantDiscord['roles'], command: string): readonly string[] | undefined {
  return roles !== undefined && Object.hasOwn(roles, command) ? roles[command] : undefined;
}

function needsOneOf(roles: readonly string[], invoker: Invoker): Authorization {
  const member = roles.some((role) => invoker.roles.includes(role));
  return member ? { allowed: true } : { allowed: false, needs: 'Role', roles };
}

export function refusalText(refused: Extract<Authorization, { allowed: false }>, messages: Messages): string {
  const { refusal } = messages;
  return refusal.notAllowed(
    refused.needs === 'Role' ? refusal.needsRole(refused.roles) : refusal.needsManageGuild,
  );
}
