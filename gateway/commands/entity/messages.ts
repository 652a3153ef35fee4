/** What `/entity` says. */
import type { EntityProblem } from '../../../src/entities/entity.ts';
import type { ImportSkip } from '../../../src/entities/plan-import.ts';
import { english, german, quoted } from '../../messages/list.ts';

type Problems = {
  readonly [problem in Exclude<ImportSkip, EntityProblem>['problem']]: string | ((what: string) => string);
} & {
  readonly [problem in EntityProblem['problem']]: string | ((what: string) => string);
};

const enProblems = {
  nameMissing: 'it has no name',
  descriptionMissing: 'it has no description',
  nameTooLong: (length: string) => `its name has ${length} characters; at most 128 are allowed`,
  kindTooLong: (length: string) => `its kind has ${length} characters; at most 64 are allowed`,
  descriptionTooLong: (length: string) =>
    `its description has ${length} characters; at most 2048 are allowed`,
  notText: (field: string) => `its ${field} is no text`,
  unknownField: (field: string) =>
    `it has a field "${field}"; name, kind, description and knowledge are known`,
  knowledge: 'its knowledge must be a list of at most 16 names with at most 64 characters each',
  notAnEntity: (kind: string) => `it is a ${kind}, which holds nothing to know`,
  noRecord: 'an object with a name and a description is expected here',
  repeated: (line: string) => `the same name is in line ${line} already`,
  full: 'the campaign is full: 2048 entities with 512 KiB of text',
} satisfies Problems;

const deProblems: { readonly [problem in keyof typeof enProblems]: (typeof enProblems)[problem] } = {
  nameMissing: 'kein Name',
  descriptionMissing: 'keine Beschreibung',
  nameTooLong: (length) => `der Name hat ${length} Zeichen; höchstens 128 sind erlaubt`,
  kindTooLong: (length) => `die Art hat ${length} Zeichen; höchstens 64 sind erlaubt`,
  descriptionTooLong: (length) => `die Beschreibung hat ${length} Zeichen; höchstens 2048 sind erlaubt`,
  notText: (field) => `${field} ist kein Text`,
  unknownField: (field) => `unbekanntes Feld „${field}“; bekannt sind name, kind, description und knowledge`,
  knowledge: 'knowledge muss eine Liste von höchstens 16 Namen mit je höchstens 64 Zeichen sein',
  notAnEntity: (kind) => `vom Typ ${kind}, der nichts zu wissen enthält`,
  noRecord: 'hier wird ein Objekt mit Name und Beschreibung erwartet',
  repeated: (line) => `derselbe Name steht schon in Zeile ${line}`,
  full: 'die Kampagne ist voll: 2048 Einträge mit 512 KiB Text',
};

export const en = {
  command: {
    entity: 'Places, people and things that the characters know of',
    add: 'Write down something of the world, or change what is written',
    list: 'Show what is written down of the world',
    remove: 'Remove something from the world',
    import: 'Read a file: YAML or JSON of Skald, or an export of Foundry VTT (at most 10 MB)',
    campaignOption: 'The campaign; may be left out when it is clear',
    editOption: 'What to change; leave it out to write something new',
    kindOption: 'Only this kind',
    nameOption: 'What to remove',
    fileOption: 'The file, .yaml or .json',
    audienceOption: 'Who knows of what does not say so itself; everyone when left out',
  },
  chooseCampaign: (names: readonly string[]) =>
    `Which campaign? Name it with the option \`campaign\`: there is ${quoted(names, english)}.`,
  audience: {
    everyone: 'everyone',
    gameMaster: 'game master only',
    everyoneWords: ['everyone', 'everybody', 'all'],
    gameMasterWords: ['game master only', 'game master', 'gm', 'nobody'],
  },
  form: {
    title: (campaign: string) => `For ${campaign}`,
    name: 'Name',
    kind: 'Kind',
    kindHint: 'place, person, faction, item …',
    description: 'What is known about it',
    audience: 'Who knows',
    audienceHint: '"everyone", "game master only", or names of characters with commas between',
  },
  unknownAudience: (typed: string, names: readonly string[]) =>
    `I do not know who \`${typed}\` is. Write "everyone", "game master only" or characters: there is ${quoted(names, english)}.`,
  /** After a refusal of what was written in a form. */
  notLost: 'So that nothing is lost, this is what you wrote:',
  invalid: (problem: string) => `That cannot be written down: ${problem}.`,
  saved: (name: string, audience: string) => `**${name}** is written down. Who knows: ${audience}.`,
  savedChanged: (name: string, audience: string) => `**${name}** is changed. Who knows: ${audience}.`,
  savedUnchanged: (name: string) => `**${name}** was written down like that already.`,
  savedAsManifest: (name: string) => `**${name}** is again as the campaign’s manifest has it.`,
  atOnce: 'The characters in the running session know it from now on.',
  full: 'The campaign is full: it can have 2048 entities with 512 KiB of text. Remove some first.',
  none: (title: string) =>
    `Nothing is written down for **${title}** yet. \`/entity add\` and \`/entity import\` do.`,
  noneOfKind: (title: string) => `Nothing of that kind is written down for **${title}**.`,
  list: {
    title: (title: string) => `The world of ${title}`.slice(0, 256),
    footer: (page: string, pages: string, total: string) => `Page ${page} of ${pages} · ${total} in all`,
    previous: 'Back',
    next: 'Next',
    hidden: 'hidden',
    manifest: 'from the manifest',
    changed: 'changed here',
  },
  unknown: (name: string) => `Nothing with the name \`${name}\` is written down.`,
  removed: (name: string) => `**${name}** is removed.`,
  removedShowsManifest: (name: string) =>
    `Your version of **${name}** is removed. The campaign’s manifest has it too, so its version counts again. To hide that as well, use \`/entity remove\` once more.`,
  hidden: (name: string) =>
    `**${name}** is in the campaign’s manifest, where I cannot remove it. It is hidden: no character knows of it any more. \`/entity add\` with this name brings it back.`,
  alreadyHidden: (name: string) =>
    `**${name}** is hidden already. \`/entity add\` with this name brings it back.`,
  import: {
    tooLarge: 'The file is larger than 10 MB.',
    busy: 'Other files are being read right now. Try again in a minute.',
    notFetched: 'I could not get the file from Discord. Upload it again.',
    broken: (file: string, line: string, column: string, message: string) =>
      `I cannot read \`${file}\`, so nothing was changed. Line ${line}, column ${column}: ${message}.`,
    empty: (file: string) => `There is nothing to import in \`${file}\`.`,
    summary: (file: string, title: string) => `**${file}** → **${title}**`,
    counts: (added: string, updated: string, unchanged: string, skipped: string) =>
      `${added} new, ${updated} changed, ${unchanged} as before, ${skipped} skipped`,
    shortened: (count: string) => `${count} were longer than 2048 characters and were cut.`,
    line: (line: string, name: string, what: string) => `Line ${line}: ${name}: ${what}`,
    nameless: '(no name)',
    added: 'new',
    updated: 'changed',
    unchanged: 'as before',
    cut: 'cut to 2048 characters',
    skipped: (why: string) => `skipped, ${why}`,
    more: 'All records are in the report.',
    report: 'report.txt',
  },
  problem: enProblems,
};

export const de: typeof en = {
  command: {
    entity: 'Orte, Personen und Dinge, von denen die Figuren wissen',
    add: 'Etwas über die Welt aufschreiben oder Aufgeschriebenes ändern',
    list: 'Zeigen, was über die Welt aufgeschrieben ist',
    remove: 'Etwas aus der Welt entfernen',
    import: 'Eine Datei einlesen: YAML oder JSON von Skald, oder Export von Foundry VTT (bis 10 MB)',
    campaignOption: 'Die Kampagne; kann fehlen, wenn sie klar ist',
    editOption: 'Was zu ändern ist; weglassen, um Neues aufzuschreiben',
    kindOption: 'Nur diese Art',
    nameOption: 'Was zu entfernen ist',
    fileOption: 'Die Datei, .yaml oder .json',
    audienceOption: 'Wer davon weiß, wo es nicht dabeisteht; fehlt es: alle',
  },
  chooseCampaign: (names) =>
    `Welche Kampagne? Nenn sie mit der Option \`campaign\`: Es gibt ${quoted(names, german)}.`,
  audience: {
    everyone: 'alle',
    gameMaster: 'nur Spielleitung',
    everyoneWords: ['alle', 'jeder', 'alle Figuren'],
    gameMasterWords: ['nur spielleitung', 'spielleitung', 'sl', 'niemand'],
  },
  form: {
    title: (campaign) => `Für ${campaign}`,
    name: 'Name',
    kind: 'Art',
    kindHint: 'Ort, Person, Gruppe, Gegenstand …',
    description: 'Was darüber bekannt ist',
    audience: 'Wer es weiß',
    audienceHint: '„alle“, „nur Spielleitung“ oder Namen von Figuren mit Kommas dazwischen',
  },
  unknownAudience: (typed, names) =>
    `Ich weiß nicht, wer \`${typed}\` ist. Schreib „alle“, „nur Spielleitung“ oder Figuren: Es gibt ${quoted(names, german)}.`,
  notLost: 'Damit nichts verloren geht, hier, was du geschrieben hast:',
  invalid: (problem) => `Das lässt sich so nicht aufschreiben: ${problem}.`,
  saved: (name, audience) => `**${name}** ist aufgeschrieben. Davon weiß: ${audience}.`,
  savedChanged: (name, audience) => `**${name}** ist geändert. Davon weiß: ${audience}.`,
  savedUnchanged: (name) => `**${name}** stand schon so da.`,
  savedAsManifest: (name) => `**${name}** ist wieder so, wie es im Manifest der Kampagne steht.`,
  atOnce: 'In der laufenden Runde gilt es ab sofort.',
  full: 'Die Kampagne ist voll: Sie kann 2048 Einträge mit 512 KiB Text haben. Entferne zuerst welche.',
  none: (title) =>
    `Zu **${title}** ist noch nichts aufgeschrieben. Das geht mit \`/entity add\` und \`/entity import\`.`,
  noneOfKind: (title) => `Zu **${title}** ist nichts von dieser Art aufgeschrieben.`,
  list: {
    title: (title) => `Die Welt von ${title}`.slice(0, 256),
    footer: (page, pages, total) => `Seite ${page} von ${pages} · insgesamt ${total}`,
    previous: 'Zurück',
    next: 'Weiter',
    hidden: 'verborgen',
    manifest: 'aus dem Manifest',
    changed: 'hier geändert',
  },
  unknown: (name) => `Unter dem Namen \`${name}\` ist nichts aufgeschrieben.`,
  removed: (name) => `**${name}** ist entfernt.`,
  removedShowsManifest: (name) =>
    `Deine Fassung von **${name}** ist entfernt. Im Manifest der Kampagne steht es auch, also gilt wieder dessen Fassung. Soll auch die verborgen sein, dann noch einmal \`/entity remove\`.`,
  hidden: (name) =>
    `**${name}** steht im Manifest der Kampagne, dort kann ich es nicht entfernen. Es ist verborgen: Keine Figur weiß mehr davon. \`/entity add\` mit diesem Namen holt es zurück.`,
  alreadyHidden: (name) =>
    `**${name}** ist schon verborgen. \`/entity add\` mit diesem Namen holt es zurück.`,
  import: {
    tooLarge: 'Die Datei ist größer als 10 MB.',
    busy: 'Gerade werden andere Dateien gelesen. Versuch es in einer Minute wieder.',
    notFetched: 'Ich konnte die Datei nicht von Discord holen. Lade sie noch einmal hoch.',
    broken: (file, line, column, message) =>
      `Ich kann \`${file}\` nicht lesen, also ist nichts geändert. Zeile ${line}, Spalte ${column}: ${message}.`,
    empty: (file) => `In \`${file}\` ist nichts, das sich einlesen lässt.`,
    summary: (file, title) => `**${file}** → **${title}**`,
    counts: (added, updated, unchanged, skipped) =>
      `${added} neu, ${updated} geändert, ${unchanged} wie bisher, ${skipped} übersprungen`,
    shortened: (count) => `${count} hatten mehr als 2048 Zeichen und sind gekürzt.`,
    line: (line, name, what) => `Zeile ${line}: ${name}: ${what}`,
    nameless: '(ohne Namen)',
    added: 'neu',
    updated: 'geändert',
    unchanged: 'wie bisher',
    cut: 'auf 2048 Zeichen gekürzt',
    skipped: (why) => `übersprungen, ${why}`,
    more: 'Alle Einträge stehen im Bericht.',
    report: 'bericht.txt',
  },
  problem: deProblems,
};
