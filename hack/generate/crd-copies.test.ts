import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chartCrds, kustomizeCrds } from './crd-copies.ts';
import { type CustomResourceDefinition, readDefinition } from './schema.ts';

const text = `# Words about it.
# More words.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.x
spec:
  group: x
  scope: Namespaced
  names: { kind: Thing, plural: things, singular: thing }
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            metadata:
              type: object
`;
const definition = (changed = text): CustomResourceDefinition =>
  readDefinition('things.yaml', changed, parse(changed));

test('a chart CRD can be switched off and is never deleted by Helm', () => {
  const template = chartCrds('/r', [definition()]).get('/r/helm/skald/templates/crds/things.yaml') ?? '';
  expect(template).toMatch(/\{\{- if \.Values\.crds\.install \}\}\napiVersion:[\s\S]*\{\{- end \}\}\n$/);
  expect(template).toContain('metadata:\n  annotations:\n    helm.sh/resource-policy: keep\n');
  expect(template.match(/resource-policy/g)).toHaveLength(1);
});

test('a CRD that Helm would misread is refused', () => {
  const bad = definition(text.replace('Words', '{{ Words'));
  expect(() => chartCrds('/r', [bad])).toThrow(/crds\/things\.yaml holds \{\{/);
});

test("kustomize's copy is the same object", () => {
  const copy = kustomizeCrds('/r', [definition()]).get('/r/config/crd/things.yaml') ?? '';
  expect(parse(copy)).toEqual(parse(text));
});

test.each([
  [
    'two versions',
    text.replace('    - name: v1\n', '    - name: v0\n    - name: v1\n'),
    /exactly one version/,
  ],
  ['a type that is none', text.replaceAll('type: object', 'type: objekt'), /type objekt is not known/],
  ['no group', text.replace('  group: x\n', ''), /spec\.group must be a string/],
])('a CRD with %s is refused by name', (_, changed, message) => {
  expect(() => definition(changed)).toThrow(message);
  expect(() => definition(changed)).toThrow(/crds\/things\.yaml/);
});
