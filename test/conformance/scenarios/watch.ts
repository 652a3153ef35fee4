/** The connection of a watch ends at every class of byte offset, or says nothing more. */
import type { CutPoint, Rule } from '../proxy/faults.ts';
import type { Scenario } from '../scenario.ts';

/** The first watches end at once, later ones after more and more events: whatever is remembered between two is tried. */
function cuts(at: CutPoint): Rule[] {
  return [0, 1, 3, 5, 8, 2, 4, 6].map((afterEvents, skip) => ({
    on: 'watch' as const,
    skip,
    times: 1,
    faults: [{ do: 'cut' as const, at, afterEvents }],
  }));
}

function cut(name: string, at: CutPoint, about: string): Scenario {
  return {
    name,
    group: 'Watch connection dropped',
    about,
    // The watch that is open already ends, too: the next ones are harmed.
    phases: [{ forMs: 3_000, begin: ['end-watches'], rules: cuts(at) }],
  };
}

export const watchScenarios: readonly Scenario[] = [
  cut('cut-before-headers', 'before-headers', 'before the answer begins'),
  cut('cut-in-headers', 'in-headers', "within the answer's headers"),
  cut('cut-before-first-byte', 'after-headers', 'between the headers and the first byte of the body'),
  cut('cut-in-object', 'in-object', 'in the middle of a JSON object'),
  cut('cut-in-character', 'in-character', 'between the bytes of one UTF-8 character'),
  cut('cut-before-newline', 'before-newline', 'behind an object, before the newline that ends it'),
  cut('cut-between-objects', 'between-objects', 'exactly between two objects'),
  cut(
    'cut-in-chunk-header',
    'in-chunk-header',
    'within the line that gives the length of the next HTTP chunk',
  ),
  cut('cut-after-bookmark', 'after-bookmark', 'behind a bookmark'),
  {
    name: 'byte-by-byte',
    group: 'Watch connection dropped',
    about: 'every byte comes in an HTTP chunk of its own, nothing is dropped',
    phases: [
      {
        forMs: 2_000,
        begin: ['end-watches'],
        rules: [{ on: 'watch', faults: [{ do: 'trickle', bytes: 1, everyMs: 0 }] }],
      },
    ],
  },
  {
    name: 'in-pieces',
    group: 'Watch connection dropped',
    about: '61 bytes come every 2 ms, wherever that cuts a character; nothing is dropped',
    phases: [
      {
        forMs: 2_000,
        begin: ['end-watches'],
        rules: [{ on: 'watch', faults: [{ do: 'trickle', bytes: 61, everyMs: 2 }] }],
      },
    ],
  },
  {
    name: 'drop-all-connections',
    group: 'Watch connection dropped',
    about: 'all connections are reset five times',
    phases: Array.from({ length: 5 }, () => ({ forMs: 500, begin: ['drop' as const] })),
  },
  {
    name: 'recreated-in-a-gap',
    group: 'Watch connection dropped',
    about: 'while nothing can be reached every object is deleted and made again under its name',
    phases: [{ forMs: 2_000, begin: ['refuse'], writes: 'recreate' }],
  },
  {
    name: 'deleted-in-a-gap',
    group: 'Watch connection dropped',
    about: 'while nothing can be reached every object is deleted',
    phases: [{ forMs: 2_000, begin: ['refuse'], writes: 'delete' }],
  },
  {
    name: 'half-open-watch',
    group: 'Half-open connection',
    about: 'an open watch goes silent, the connection stays; silence limit 2 s where it can be set',
    silenceLimitMs: 2_000,
    phases: [{ forMs: 500 }, { forMs: 2_500, begin: ['silence'] }],
  },
  {
    name: 'half-open-again',
    group: 'Half-open connection',
    about: 'the first three watches go silent, each after some events; silence limit 1 s where it can be set',
    silenceLimitMs: 1_000,
    phases: [
      {
        forMs: 5_500,
        begin: ['silence'],
        rules: [{ on: 'watch', times: 2, faults: [{ do: 'silence', afterEvents: 4 }] }],
      },
    ],
  },
  {
    name: 'no-answer',
    group: 'Half-open connection',
    about: 'the first requests are never answered; limit 1.5 s where it can be set',
    fromStart: true,
    silenceLimitMs: 1_500,
    phases: [{ forMs: 4_500, rules: [{ on: 'any', times: 2, faults: [{ do: 'hang' }] }] }],
  },
];
