// Native sidecars (init containers with restartPolicy Always) that serve speech or language models next to the
// worker: they start before it and end after it, so that the Job completes.
import { type Profile, SIDECAR_PORTS, sidecarNames } from '../../src/api/index.ts';
import type { Pod } from '../../src/kube/index.ts';
import type { WorkerSettings } from '../settings.ts';
import { RESTRICTED } from './security.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];

export interface Sidecar {
  readonly container: Container;
  /** Its own writable /tmp. */
  readonly volume: NonNullable<PodSpec['volumes']>[number];
}

/** Profiles that can run: those whose sidecars all have an image. */
export function availableProfiles(settings: WorkerSettings): Set<Profile> {
  const profiles: Profile[] = ['cloud', 'offline', 'whisper-native', 'local-llm'];
  return new Set(
    profiles.filter((profile) =>
      sidecarNames(profile).every((name) => settings.sidecars[name].image !== undefined),
    ),
  );
}

export function sidecarsOf(profile: Profile, settings: WorkerSettings): Sidecar[] {
  return sidecarNames(profile).flatMap((name) => {
    const { image, resources } = settings.sidecars[name];
    if (image === undefined) return [];
    const container: Container = {
      name,
      image,
      imagePullPolicy: settings.imagePullPolicy,
      restartPolicy: 'Always',
      ports: [{ name, containerPort: SIDECAR_PORTS[name] }],
      resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
      securityContext: RESTRICTED,
      // No startup probe: the kubelet would hold the worker back until it passes, and somebody waits for the bot. The
      // models load while the worker starts and joins; what the speech sidecar is asked before then waits there.
      volumeMounts: [{ name: `tmp-${name}`, mountPath: '/tmp' }],
    };
    return [{ container, volume: { name: `tmp-${name}`, emptyDir: {} } }];
  });
}
