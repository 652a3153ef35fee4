/** Answers that are errors, and lists that come slowly, partly, or not in one piece. */
import type { Scenario } from '../scenario.ts';

const tooMany = (retryAfterSeconds: number) =>
  ({ do: 'answer', status: 429, reason: 'TooManyRequests', retryAfterSeconds }) as const;
const broken = (status: 500 | 503) =>
  ({ do: 'answer', status, reason: status === 500 ? 'InternalError' : 'ServiceUnavailable' }) as const;

export const answerScenarios: readonly Scenario[] = [
  {
    name: 'too-many-requests',
    group: 'Error answers',
    about: '429 with Retry-After: 1 to three requests after the watch has ended',
    phases: [
      { forMs: 4_500, begin: ['end-watches'], rules: [{ on: 'any', times: 3, faults: [tooMany(1)] }] },
    ],
  },
  {
    name: 'too-many-requests-at-start',
    group: 'Error answers',
    about: '429 with Retry-After: 1 to the first two requests',
    fromStart: true,
    phases: [{ forMs: 3_500, rules: [{ on: 'any', times: 2, faults: [tooMany(1)] }] }],
  },
  {
    name: 'storm-500',
    group: 'Error answers',
    about: 'everything is answered with 500 for 3 s',
    phases: [{ forMs: 3_000, begin: ['end-watches'], rules: [{ on: 'any', faults: [broken(500)] }] }],
  },
  {
    name: 'storm-503',
    group: 'Error answers',
    about: 'everything is answered with 503 for 3 s, and the history of that time is lost',
    phases: [
      {
        forMs: 3_000,
        begin: ['end-watches'],
        end: [{ forget: 'status' }],
        rules: [{ on: 'any', faults: [broken(503)] }],
      },
    ],
  },
  {
    name: 'long-storm',
    group: 'Error answers',
    about: 'everything is answered with 503 for 14 s: the delays of retries have grown',
    phases: [{ forMs: 14_000, begin: ['end-watches'], rules: [{ on: 'any', faults: [broken(503)] }] }],
  },
  {
    name: 'storm-at-start',
    group: 'Error answers',
    about: 'the first requests of 3 s are answered with 500',
    fromStart: true,
    phases: [{ forMs: 3_000, rules: [{ on: 'any', faults: [broken(500)] }] }],
  },
  {
    name: 'error-event-500',
    group: 'Error answers',
    about: 'watches end with an ERROR event 500 after some events',
    phases: [
      {
        forMs: 2_500,
        begin: ['end-watches'],
        rules: [
          {
            on: 'watch',
            times: 4,
            faults: [{ do: 'error-event', code: 500, reason: 'InternalError', afterEvents: 3 }],
          },
        ],
      },
    ],
  },
  {
    name: 'slow-list',
    group: 'Lists',
    about: 'the first list takes some seconds; objects change meanwhile',
    fromStart: true,
    objects: 60,
    phases: [{ forMs: 3_000, rules: [{ on: 'list', faults: [{ do: 'trickle', bytes: 400, everyMs: 10 }] }] }],
  },
  {
    name: 'truncated-list',
    group: 'Lists',
    about: 'the first lists break off in the middle',
    fromStart: true,
    objects: 60,
    phases: [{ forMs: 2_500, rules: [{ on: 'list', times: 3, faults: [{ do: 'truncate', share: 0.6 }] }] }],
  },
  {
    name: 'truncated-relist',
    group: 'Lists',
    about: 'history is lost, and the list that has to be read again breaks off twice',
    objects: 60,
    phases: [
      { forMs: 1_000, begin: ['withhold'], end: [{ forget: 'event' }], writes: 'recreate' },
      { forMs: 2_000, rules: [{ on: 'list', times: 2, faults: [{ do: 'truncate', share: 0.6 }] }] },
    ],
  },
  {
    name: 'expired-continue-token',
    group: 'Lists',
    about: 'the second page of a long list is answered with 410: its token has expired',
    fromStart: true,
    objects: 520,
    phases: [
      {
        forMs: 2_000,
        rules: [{ on: 'page', times: 2, faults: [{ do: 'answer', status: 410, reason: 'Expired' }] }],
      },
    ],
  },
  {
    name: 'list-errors-between-pages',
    group: 'Lists',
    about: 'the second page of a long list is answered with 500, then its connection is reset',
    fromStart: true,
    objects: 520,
    phases: [
      {
        forMs: 2_500,
        rules: [
          { on: 'page', times: 1, faults: [broken(500)] },
          { on: 'page', skip: 1, times: 1, faults: [{ do: 'cut', at: 'before-headers' }] },
        ],
      },
    ],
  },
];
