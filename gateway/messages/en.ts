/** English: the catalogue that every other language follows key by key. A command's own texts are in its folder. */
import { en as campaign } from '../commands/campaign/messages.ts';
import { en as entity } from '../commands/entity/messages.ts';
import { en as feedback } from '../commands/feedback/messages.ts';
import { en as npc } from '../commands/npc/messages.ts';
import { en as privacy } from '../commands/privacy/messages.ts';
import { en as search } from '../commands/search/messages.ts';
import { en as session } from '../commands/session/messages.ts';
import { en as recap } from '../commands/session/recap-messages.ts';
import { en as interactions } from '../interactions/messages.ts';
import { en as notice } from '../sessions/notices/messages.ts';
import { english, quoted } from './list.ts';
import { en as reasons } from './reasons/en.ts';

export const en = {
  notice,
  refusal: {
    notAllowed: (roles: string) => `You may not use this command here. It needs ${roles}.`,
    needsRole: (roles: readonly string[]) => `the role ${roles.map((id) => `<@&${id}>`).join(' or ')}`,
    needsManageGuild: 'the permission "Manage Server"',
    guildNotAllowed:
      'This server is not on the list of servers that sessions may run on. Ask whoever operates Skald.',
    notInGuild: 'This command works on a server only.',
    starting: 'I have only just connected and am still reading this server. Try again in a few seconds.',
    databaseUnavailable:
      'I cannot look into my records right now. Try again in a minute; a running session goes on.',
    noCampaign: 'There is no campaign yet. Apply a Campaign in Kubernetes first.',
    unknownCampaign: (name: string, names: readonly string[]) =>
      names.length === 0
        ? `There is no campaign \`${name}\`, nor any other. Apply a Campaign in Kubernetes first.`
        : `There is no campaign \`${name}\`. There is ${quoted(names, english)}.`,
    nothingRuns: 'No session runs on this server.',
    failed: 'Something went wrong here. Try again; if it stays so, tell whoever operates Skald.',
    outdated: 'This belongs to an earlier version of me and does nothing any more. Use the command anew.',
  },
  interactions,
  campaign,
  feedback,
  npc,
  recap,
  who: {
    gameMaster: 'You can put this right yourself.',
    server: 'Somebody who manages this Discord server can put this right.',
    operator: (session: string) =>
      `Whoever operates Skald can put this right; tell them the name \`${session}\`.`,
  },
  reasons,
  privacy,
  session,
  entity,
  search,
};
