// The chart's objects as plain values.
import { parseAllDocuments } from 'yaml';
import { helmTemplate } from '../crds/kubectl.ts';

export const SYSTEM = 'skald-system';

export interface ChartObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Strings };
  readonly data?: Strings;
  readonly rules?: readonly PolicyRule[];
  readonly spec?: { readonly template?: { readonly spec: PodSpec } };
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface PodSpec {
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

type Strings = Readonly<Record<string, string>>;

/** @param sets `--set` values. */
export async function chartObjects(...sets: readonly string[]): Promise<readonly ChartObject[]> {
  const rendered = await helmTemplate(SYSTEM, ...sets.flatMap((set) => ['--set', set]));
  return parseAllDocuments(rendered)
    .map((document): ChartObject | null => document.toJS())
    .filter((object) => object !== null);
}

/** @throws Error when the chart has none. */
export function find(objects: readonly ChartObject[], kind: string, name: string): ChartObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`the chart has no ${kind} ${name}`);
  return found;
}

export function containerOf(object: ChartObject): Container {
  const container = object.spec?.template?.spec.containers[0];
  if (container === undefined) throw new Error(`${object.kind} ${object.metadata.name} has no container`);
  return container;
}
