// The bodies of the writes, made by joining texts: as little JSON work as there can be.
import { API_VERSION, activeStatus, KIND, sessionSecret, workerJob } from '../workload.ts';
import type { SessionLine } from './objects.ts';

type Body = (line: SessionLine) => string;

export interface Bodies {
  readonly secret: Body;
  readonly job: Body;
  readonly status: Body;
}

/** Stands in an object for what differs from session to session; none of it occurs in what does not. */
const marks = { name: '@@name@@', uid: '@@uid@@', resourceVersion: '@@version@@', revision: 987_654_321 };

const values: Readonly<Record<string, Body>> = {
  [marks.name]: ({ name }) => name,
  [base64(marks.name)]: ({ name }) => base64(name),
  [marks.uid]: ({ uid }) => uid,
  [marks.resourceVersion]: ({ resourceVersion }) => resourceVersion,
  [String(marks.revision)]: ({ revision }) => String(revision),
};

export function bodiesFor(namespace: string): Bodies {
  const { name, uid, resourceVersion, revision } = marks;
  return {
    secret: template(sessionSecret({ namespace, name, uid })),
    job: template(workerJob({ namespace, name, uid })),
    status: template({
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: { name, namespace, resourceVersion },
      status: activeStatus(name, revision),
    }),
  };
}

function template(object: object): Body {
  // Every other part is a mark.
  const parts = JSON.stringify(object).split(new RegExp(`(${Object.keys(values).join('|')})`));
  const texts = parts.filter((_, index) => index % 2 === 0);
  const fillers = parts.filter((_, index) => index % 2 === 1).map(fillerOf);
  return (line) => {
    let text = texts[0] ?? '';
    for (let index = 0; index < fillers.length; index++) {
      text += (fillers[index]?.(line) ?? '') + (texts[index + 1] ?? '');
    }
    return text;
  };
}

function fillerOf(mark: string): Body {
  const filler = values[mark];
  if (filler === undefined) throw new Error(`nothing is known to stand for ${mark}`);
  return filler;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
