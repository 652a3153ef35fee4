/** 410: the server has forgotten the history that a watch would need, or the events come in another order than they happened. */
import type { Scenario } from '../scenario.ts';

export const historyScenarios: readonly Scenario[] = [
  {
    name: 'gone-in-the-middle',
    group: '410',
    about: 'an ERROR event 410 ends an open watch; the changes of the last 0.7 s are in no history',
    phases: [
      { forMs: 300 },
      { forMs: 700, begin: ['withhold'], end: [{ forget: 'event' }], writes: 'mixed' },
      { forMs: 700 },
    ],
  },
  {
    name: 'gone-deleted',
    group: '410',
    about: 'as before, and what is lost are the deletions of all objects',
    phases: [{ forMs: 500, begin: ['withhold'], end: [{ forget: 'event' }], writes: 'delete' }],
  },
  {
    name: 'gone-recreated',
    group: '410',
    about: 'as before, and every object was deleted and made again under its name',
    phases: [{ forMs: 500, begin: ['withhold'], end: [{ forget: 'event' }], writes: 'recreate' }],
  },
  {
    name: 'gone-at-start-status',
    group: '410',
    about: 'after a gap the next watch is answered with the status 410',
    phases: [{ forMs: 1_000, begin: ['refuse'], end: [{ forget: 'status' }], writes: 'recreate' }],
  },
  {
    name: 'gone-at-start-event',
    group: '410',
    about: 'after a gap the next watch begins with an ERROR event 410',
    phases: [{ forMs: 1_000, begin: ['refuse'], end: [{ forget: 'event' }], writes: 'delete' }],
  },
  {
    name: 'gone-again-and-again',
    group: '410',
    about: 'every watch is answered with 410 for 3 s',
    phases: [
      {
        forMs: 3_000,
        begin: ['end-watches'],
        rules: [{ on: 'watch', faults: [{ do: 'answer', status: 410, reason: 'Expired' }] }],
      },
    ],
  },
  {
    name: 'duplicate-events',
    group: 'Order of events',
    about: 'every second event comes twice, every third once more after four later ones',
    phases: [
      {
        forMs: 2_500,
        begin: ['end-watches'],
        rules: [
          {
            on: 'watch',
            faults: [
              { do: 'duplicate', every: 2, after: 0 },
              { do: 'duplicate', every: 3, after: 4 },
            ],
          },
        ],
      },
    ],
  },
  {
    name: 'reordered-events',
    group: 'Order of events',
    about: 'every third event is overtaken by the next one',
    phases: [
      {
        forMs: 2_500,
        begin: ['end-watches'],
        rules: [{ on: 'watch', faults: [{ do: 'late', every: 3, by: 1 }] }],
      },
    ],
  },
  {
    name: 'late-events',
    group: 'Order of events',
    about: 'every fifth event comes after eight later ones',
    phases: [
      {
        forMs: 2_500,
        begin: ['end-watches'],
        rules: [{ on: 'watch', faults: [{ do: 'late', every: 5, by: 8 }] }],
      },
    ],
  },
];
