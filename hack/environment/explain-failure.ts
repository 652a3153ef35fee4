import type { Kubectl } from './kubectl.ts';

/** Shows what an engineer would look at first, before it is gone. */
export async function explainFailure(kubectl: Kubectl, note: (message: string) => void): Promise<void> {
  const calm = kubectl.detached();
  const tenants = await calm
    .run(['get', 'tenants', '--output', 'jsonpath={.items[*].status.namespace}'])
    .catch(() => '');
  const looks: readonly (readonly string[])[] = [
    ['get', 'tenants,campaigns,voicesessions,jobs,pods', '--all-namespaces', '-o', 'wide'],
    ['get', 'events', '--all-namespaces', '--sort-by=.metadata.creationTimestamp'],
    [
      'logs',
      '--namespace',
      'skald-system',
      '--selector=app.kubernetes.io/name=skald',
      '--all-containers',
      '--prefix',
      '--tail=15',
    ],
    ...tenants
      .split(' ')
      .filter((namespace) => namespace !== '')
      .map((namespace) => [
        'logs',
        '--namespace',
        namespace,
        '--selector=skald.dev/component=worker',
        '--all-containers',
        '--prefix',
        '--tail=15',
      ]),
  ];
  for (const args of looks) {
    const text = await calm.run(args).catch((error: unknown) => String(error));
    note(`$ kubectl ${args.join(' ')}\n${text.trimEnd()}`);
  }
}
