/**
 * What commands and their options are called in German: Discord shows these names to people whose client is in German,
 * and tells the bot the English ones. A name that is missing here is the same in both languages.
 */
import { COMMAND_NAMES } from '../../src/api/command-names.ts';

const GERMAN: Readonly<Record<string, string>> = {
  campaign: 'kampagne',
  entity: 'wissen',
  feedback: 'rückmeldung',
  npc: 'figur',
  privacy: 'datenschutz',
  search: 'suchen',
  session: 'runde',

  add: 'hinzufügen',
  erase: 'löschen',
  import: 'importieren',
  list: 'liste',
  load: 'laden',
  mute: 'stumm',
  muteall: 'alle-stumm',
  optin: 'zustimmen',
  optout: 'widersprechen',
  recap: 'rückblick',
  remove: 'entfernen',
  show: 'anzeigen',
  speak: 'sprechen',
  start: 'starten',
  stop: 'beenden',
  switch: 'wechseln',
  unmute: 'laut',
  unmuteall: 'alle-laut',
  'voice-recap': 'rückblick-vorlesen',

  channel: 'kanal',
  character: 'rolle',
  comment: 'kommentar',
  file: 'datei',
  kind: 'art',
  'known-by': 'bekannt',
  query: 'suchwort',
  speaker: 'sprecher',
  speed: 'tempo',
  understanding: 'verständnis',
  voice: 'stimme',
};

/** The German name of a command, subcommand or option. */
export function germanName(name: string): string {
  return Object.hasOwn(GERMAN, name) ? (GERMAN[name] ?? name) : name;
}

const COMMAND = /`\/([a-z-]+)(?: ([a-z-]+))?/g;

/** The text with commands (`/session stop`) called as a German client shows them. */
export function withGermanNames(text: string): string {
  return text.replaceAll(COMMAND, (whole, command: string, subcommand: string | undefined) => {
    if (!COMMAND_NAMES.includes(command)) return whole;
    const rest = subcommand === undefined ? '' : ` ${germanName(subcommand)}`;
    return `\`/${germanName(command)}${rest}`;
  });
}

/** The catalogue with every text, made or fixed, calling commands by their German names. */
export function inGerman<T extends object>(catalogue: T): T {
  return new Proxy(catalogue, {
    get: (texts, key, receiver) => {
      const value: unknown = Reflect.get(texts, key, receiver);
      if (typeof value === 'string') return withGermanNames(value);
      if (typeof value === 'function') {
        const named = (...parameters: unknown[]): unknown => {
          const made: unknown = Reflect.apply(value, texts, parameters);
          return typeof made === 'string' ? withGermanNames(made) : made;
        };
        return Object.defineProperty(named, 'length', { value: value.length });
      }
      return typeof value === 'object' && value !== null ? inGerman(value) : value;
    },
  });
}
