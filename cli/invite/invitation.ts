// The link with which a Discord server takes the bot in: exactly what the gateway needs, and nothing more.

import {
  INVITED_PERMISSIONS,
  type Intent,
  intents,
  optionalPermissions,
  type Permission,
  scopes,
  textPermissions,
  voicePermissions,
} from '../../src/discord/requirements.ts';

export interface InvitedPermission {
  readonly name: string;
  readonly title: string;
  readonly reason: string;
}

export interface Invitation {
  readonly tenant: string;
  readonly applicationId: string;
  readonly url: string;
  readonly scopes: readonly string[];
  /** Sum of the permissions' bits, as Discord writes it. */
  readonly permissions: string;
  readonly permissionNames: readonly InvitedPermission[];
  /** Not asked for; a server may give them. */
  readonly optional: readonly InvitedPermission[];
  readonly intents: readonly {
    readonly name: string;
    readonly privileged: boolean;
    readonly reason: string;
  }[];
  readonly guildId?: string;
  /** What the reader should know, a sentence each. */
  readonly notices: readonly string[];
}

/** What is needed of a Tenant. */
export interface InvitedTenant {
  readonly metadata: { readonly name?: string };
  readonly spec: { readonly discord: { readonly applicationId: string; readonly guilds: readonly string[] } };
}

const AUTHORIZE = 'https://discord.com/oauth2/authorize';

/** @param guildId is preselected, and nobody has to look for it in a list */
export function invitationOf(tenant: InvitedTenant, guildId?: string): Invitation {
  const { applicationId, guilds } = tenant.spec.discord;
  const url = new URL(AUTHORIZE);
  url.searchParams.set('client_id', applicationId);
  url.searchParams.set('scope', Object.keys(scopes).join(' '));
  url.searchParams.set('permissions', INVITED_PERMISSIONS.toString());
  if (guildId !== undefined) {
    url.searchParams.set('guild_id', guildId);
    url.searchParams.set('disable_guild_select', 'true');
  }
  const name = tenant.metadata.name ?? '';
  const foreign = guildId !== undefined && !guilds.includes(guildId);
  return {
    tenant: name,
    applicationId,
    url: url.href,
    scopes: Object.keys(scopes),
    permissions: INVITED_PERMISSIONS.toString(),
    permissionNames: listed({ ...voicePermissions, ...textPermissions }, { ViewChannel: viewReason() }),
    optional: listed(optionalPermissions),
    intents: Object.entries<Intent>(intents).map(([intent, { privileged, reason }]) => ({
      name: intent,
      privileged,
      reason,
    })),
    ...(guildId === undefined ? {} : { guildId }),
    notices: foreign
      ? [
          `Server ${guildId} is not in spec.discord.guilds of Tenant ${name}: the bot can be invited, but sessions there are refused (GuildNotAllowed).`,
        ]
      : [],
  };
}

/** One permission, two uses. */
function viewReason(): string {
  return `${voicePermissions.ViewChannel.reason}; ${textPermissions.ViewChannel.reason}`;
}

function listed(
  permissions: Readonly<Record<string, Permission>>,
  reasons: Readonly<Record<string, string>> = {},
): InvitedPermission[] {
  return Object.entries(permissions).map(([name, { title, reason }]) => ({
    name,
    title,
    reason: reasons[name] ?? reason,
  }));
}

/** The link alone, for a pipe; with `explain` what each part of it is for. */
export function printedInvitation(invitation: Invitation, explain: boolean): string {
  if (!explain) return `${invitation.url}\n`;
  const lines = [
    invitation.url,
    '',
    'Scopes',
    ...Object.entries(scopes).map(([scope, reason]) => `  ${scope.padEnd(22)}${reason}`),
    `Permissions (${invitation.permissions})`,
    ...invitation.permissionNames.map(({ title, reason }) => `  ${title.padEnd(22)}${reason}`),
    'Not asked for, good to have (give it to the bot’s role in the server)',
    ...invitation.optional.map(({ title, reason }) => `  ${title.padEnd(22)}${reason}`),
    'Intents (none has to be switched on in the developer portal)',
    ...invitation.intents.map(({ name, reason }) => `  ${name.padEnd(22)}${reason}`),
    '',
    'Open the link as somebody who may manage the server. Then: skald doctor '.concat(invitation.tenant),
  ];
  return `${lines.join('\n')}\n`;
}
