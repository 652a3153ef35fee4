// A session whose object is not there: what Events and rows still tell.
import type { Advice } from './advice.ts';
import type { Decided } from './explain.ts';
import type { EventFact, Observation } from './observation.ts';
import { adviceFor, meaningOf } from './reasons.ts';

export function gone(o: Observation): Decided {
  const [record] = o.records;
  const own = o.events.filter(({ object }) => object === `VoiceSession ${o.name}`);
  const last = own.at(-1);
  const reason = record?.endReason ?? last?.reason ?? 'NotFound';
  const text = ['Its object is gone.', fromRecord(o), fromEvent(last), '']
    .filter((part) => part !== '')
    .join(' ');
  return { verdict: { state: 'gone', reason, well: false, text }, next: [next(o, last)] };
}

function fromRecord({ records }: Observation): string {
  const [record] = records;
  if (record === undefined) return '';
  const { campaign, startedAt, endedAt, endReason, utterances, answers } = record;
  const from = `The database knows it: it played ${campaign} from ${startedAt.toISOString()}`;
  const end =
    endedAt === undefined
      ? ', and no end was written'
      : ` until ${endedAt.toISOString()} (${endReason ?? 'without a reason'})`;
  const why = meaningOf(endReason ?? '');
  return `${from}${end}, with ${utterances} utterances of players and ${answers} answers.${why === undefined ? '' : ` ${why}`}`;
}

function fromEvent(last: EventFact | undefined): string {
  return last === undefined ? '' : `The last that was said of it: ${last.reason}: ${last.note}`;
}

function next({ namespace, name }: Observation, last: EventFact | undefined): Advice {
  if (last?.warning) return adviceFor(last.reason);
  return {
    who: 'nobody',
    step: `Sessions from Discord are removed some time after their end (the Tenant’s history.ttlSecondsAfterEnded), and Events after an hour. The transcript of ${namespace}/${name} stays as long as the Tenant keeps transcripts.`,
  };
}
