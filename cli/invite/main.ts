// `skald invite`: the link for a Tenant of the cluster.
import { failed } from '../cluster/failed.ts';
import { findTenant } from '../cluster/find-tenant.ts';
import { openCluster } from '../cluster/open.ts';
import { type ClusterFlags, FOUND, type OutputFlags, UsageError } from '../cluster/options.ts';
import { realTerminal, type Terminal } from '../terminal.ts';
import { invitationOf, printedInvitation } from './invitation.ts';

export interface InviteFlags extends ClusterFlags, OutputFlags {
  readonly guild?: string;
  readonly explain?: boolean;
}

export async function inviteMain(
  name: string,
  flags: InviteFlags,
  signal: AbortSignal,
  terminal: Terminal = realTerminal(flags),
): Promise<number> {
  try {
    const { guild } = flags;
    if (guild !== undefined && !/^[0-9]{17,20}$/.test(guild))
      throw new UsageError(`--guild: "${guild}" is not a Discord id (17 to 20 digits)`);
    const { client } = await openCluster(flags);
    try {
      const tenant = await findTenant(client, name, signal);
      const invitation = invitationOf(tenant, guild);
      for (const notice of invitation.notices) terminal.stderr(`skald: ${notice}\n`);
      terminal.stdout(
        flags.json
          ? `${JSON.stringify(invitation)}\n`
          : printedInvitation(invitation, flags.explain ?? false),
      );
    } finally {
      client.close();
    }
    return FOUND;
  } catch (error) {
    return failed(error, terminal);
  }
}
