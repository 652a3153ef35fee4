/** The server's own faults, the clock's, and everything together. */
import type { Scenario } from '../scenario.ts';

const hourMs = 3_600_000;

export const calm: Scenario = {
  name: 'calm',
  group: 'Without faults',
  about: 'objects change, nothing breaks',
  phases: [{ forMs: 1_500 }],
};

export const clockScenarios: readonly Scenario[] = [
  {
    name: 'clock-forward',
    group: 'Clock',
    about: 'the wall clock jumps one hour forward; a leader is elected where that exists',
    leaderElection: true,
    phases: [{ forMs: 500 }, { forMs: 2_500, begin: [{ clockJumpMs: hourMs }, 'end-watches'] }],
  },
  {
    name: 'clock-backward',
    group: 'Clock',
    about: 'the wall clock jumps one hour back; a leader is elected where that exists',
    leaderElection: true,
    phases: [{ forMs: 500 }, { forMs: 2_500, begin: [{ clockJumpMs: -hourMs }, 'end-watches'] }],
  },
];

export const mixedScenarios: readonly Scenario[] = [
  {
    name: 'everything',
    group: 'Together',
    about: 'cuts, late and repeated events, 410, 503, resets, truncated lists at random for 8 s',
    phases: [
      {
        forMs: 6_000,
        begin: ['end-watches'],
        rules: [
          { on: 'watch', share: 0.25, faults: [{ do: 'late', every: 4, by: 3 }] },
          { on: 'watch', share: 0.25, faults: [{ do: 'duplicate', every: 3, after: 2 }] },
          { on: 'watch', share: 0.2, faults: [{ do: 'cut', at: 'in-object', afterEvents: 4 }] },
          { on: 'watch', share: 0.2, faults: [{ do: 'cut', at: 'between-objects', afterEvents: 6 }] },
          { on: 'watch', share: 0.2, faults: [{ do: 'cut', at: 'in-character', afterEvents: 2 }] },
          { on: 'watch', share: 0.1, faults: [{ do: 'answer', status: 410, reason: 'Expired' }] },
          {
            on: 'watch',
            share: 0.1,
            faults: [{ do: 'error-event', code: 410, reason: 'Expired', afterEvents: 5 }],
          },
          { on: 'any', share: 0.1, faults: [{ do: 'answer', status: 503, reason: 'ServiceUnavailable' }] },
          { on: 'any', share: 0.1, faults: [{ do: 'cut', at: 'before-headers' }] },
          { on: 'list', share: 0.2, faults: [{ do: 'truncate', share: 0.5 }] },
          // No watch gets far.
          { on: 'watch', faults: [{ do: 'cut', at: 'before-newline', afterEvents: 8 }] },
        ],
      },
      { forMs: 1_000, begin: ['withhold'], end: [{ forget: 'event' }], writes: 'recreate' },
      { forMs: 1_000, rules: [{ on: 'list', times: 1, faults: [{ do: 'truncate', share: 0.8 }] }] },
    ],
  },
];

/** One after another, on a control plane of their own. */
export const serverScenarios: readonly Scenario[] = [
  {
    name: 'api-server-restarted',
    group: 'Server',
    about: 'the API server ends in order and is started again',
    phases: [{ forMs: 500, begin: [{ server: 'restart-api' }] }],
  },
  {
    name: 'api-server-killed',
    group: 'Server',
    about:
      'in a gap every object is recreated and the API server killed and started again: it knows no history from before its start',
    phases: [
      { forMs: 300, begin: ['refuse'], writes: 'recreate' },
      { forMs: 0, begin: [{ server: 'kill-api' }], writes: 'none' },
      { forMs: 300 },
    ],
  },
  {
    name: 'etcd-restarted',
    group: 'Server',
    about: 'etcd is killed and started again under a running API server; the watch ends meanwhile',
    phases: [{ forMs: 500, begin: ['end-watches', { server: 'restart-etcd' }] }],
  },
  {
    name: 'all-restarted',
    group: 'Server',
    about: 'etcd and the API server are killed and started again',
    phases: [{ forMs: 500, begin: [{ server: 'restart-etcd' }, { server: 'kill-api' }] }],
  },
];
