import { de as campaign } from '../commands/campaign/messages.ts';
import { de as entity } from '../commands/entity/messages.ts';
import { de as feedback } from '../commands/feedback/messages.ts';
import { de as npc } from '../commands/npc/messages.ts';
import { de as privacy } from '../commands/privacy/messages.ts';
import { de as search } from '../commands/search/messages.ts';
import { de as session } from '../commands/session/messages.ts';
import { de as recap } from '../commands/session/recap-messages.ts';
import { de as interactions } from '../interactions/messages.ts';
import { de as notice } from '../sessions/notices/messages.ts';
import type { Messages } from './catalogue.ts';
import { german, quoted } from './list.ts';
import { inGerman } from './names.ts';
import { de as reasons } from './reasons/de.ts';

export const de: Messages = inGerman({
  notice,
  refusal: {
    notAllowed: (roles) => `Du darfst diesen Befehl hier nicht verwenden. Nötig ist ${roles}.`,
    needsRole: (roles) => `die Rolle ${roles.map((id) => `<@&${id}>`).join(' oder ')}`,
    needsManageGuild: 'die Berechtigung „Server verwalten“',
    guildNotAllowed:
      'Dieser Server steht nicht auf der Liste der Server, auf denen Runden laufen dürfen. Frag, wer Skald betreibt.',
    notInGuild: 'Dieser Befehl geht nur auf einem Server.',
    starting:
      'Ich bin eben erst verbunden und lese diesen Server noch ein. Versuch es in ein paar Sekunden wieder.',
    databaseUnavailable:
      'Ich komme gerade nicht an meine Aufzeichnungen. Versuch es in einer Minute wieder; eine laufende Runde geht weiter.',
    noCampaign: 'Es gibt noch keine Kampagne. Lege zuerst eine Campaign in Kubernetes an.',
    unknownCampaign: (name, names) =>
      names.length === 0
        ? `Es gibt keine Kampagne \`${name}\` und auch keine andere. Lege zuerst eine Campaign in Kubernetes an.`
        : `Es gibt keine Kampagne \`${name}\`. Es gibt ${quoted(names, german)}.`,
    nothingRuns: 'Auf diesem Server läuft keine Runde.',
    failed:
      'Hier ist etwas schiefgegangen. Versuch es noch einmal; bleibt es so, sag es dem, der Skald betreibt.',
    outdated:
      'Das gehört zu einer früheren Version von mir und bewirkt nichts mehr. Verwende den Befehl noch einmal.',
  },
  interactions,
  campaign,
  feedback,
  npc,
  recap,
  who: {
    gameMaster: 'Das kannst du selbst in Ordnung bringen.',
    server: 'Das kann in Ordnung bringen, wer diesen Discord-Server verwaltet.',
    operator: (session) =>
      `Das kann in Ordnung bringen, wer Skald betreibt; nenn dort den Namen \`${session}\`.`,
  },
  reasons,
  privacy,
  session,
  entity,
  search,
});
