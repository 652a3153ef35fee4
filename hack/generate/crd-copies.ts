// The CRDs where Helm and kustomize look for them.
import { join } from 'node:path';
import type { CustomResourceDefinition } from './schema.ts';

/** Holds nothing else. */
export const CHART_CRDS = 'helm/skald/templates/crds';

const HELM_METADATA = `metadata:
  annotations:
    helm.sh/resource-policy: keep
  labels:
    {{- include "skald.labels" . | nindent 4 }}
`;

/** As chart templates, because Helm upgrades those, with the annotation that keeps Helm from deleting them. */
export function chartCrds(
  root: string,
  definitions: readonly CustomResourceDefinition[],
): Map<string, string> {
  return new Map(
    definitions.map(({ file, text }) => {
      if (text.includes('{{')) throw new Error(`crds/${file} holds {{, which Helm would take for its own`);
      const body = withoutLeadingComments(text).replace(/^metadata:\n/m, HELM_METADATA);
      const header = `{{- /* Generated from crds/${file} by \`npm run generate\`. Do not edit. */ -}}\n`;
      const template = `${header}{{- if .Values.crds.install }}\n${body}{{- end }}\n`;
      return [join(root, CHART_CRDS, file), template] as const;
    }),
  );
}

/** As they are: kustomize reads nothing outside its own folders. */
export function kustomizeCrds(
  root: string,
  definitions: readonly CustomResourceDefinition[],
): Map<string, string> {
  const header = '# Generated from crds/ by `npm run generate`. Do not edit.\n';
  const names = definitions.map(({ file }) => file).sort();
  const index = `${header}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n`;
  return new Map([
    ...definitions.map(
      ({ file, text }) => [join(root, 'config/crd', file), header + withoutLeadingComments(text)] as const,
    ),
    [join(root, 'config/crd/kustomization.yaml'), index + names.map((name) => `  - ${name}\n`).join('')],
  ]);
}

function withoutLeadingComments(text: string): string {
  return text.replace(/^(?:#.*\n)+/, '');
}
