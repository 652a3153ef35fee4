// Native sidecars (init containers with restartPolicy Always) that serve speech or language models next to the
// worker: they start before it and end after it, so that the Job completes.
import type { Pod } from '../../src/kube/index.ts';
import type { WorkerSettings } from '../settings.ts';
import type { Profile } from './observation.ts';
import { RESTRICTED } from './security.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];

export interface Sidecar {
  readonly container: Container;
  /** Its own writable /tmp. */
  readonly volume: NonNullable<PodSpec['volumes']>[number];
}

/** Where each sidecar listens, on the pod's loopback: the profiles' default base URLs name these ports. */
export const SIDECAR_PORTS = { speech: 8090, whisper: 8091, llm: 8092 } as const;

type SidecarName = keyof typeof SIDECAR_PORTS;

const SIDECARS_OF: { readonly [profile in Profile]: readonly SidecarName[] } = {
  cloud: [],
  offline: ['speech'],
  'whisper-native': ['whisper'],
  'local-llm': ['whisper', 'llm'],
};

/** Profiles that can run: those whose sidecars all have an image. */
export function availableProfiles(settings: WorkerSettings): Set<Profile> {
  const profiles: Profile[] = ['cloud', 'offline', 'whisper-native', 'local-llm'];
  return new Set(
    profiles.filter((profile) =>
      SIDECARS_OF[profile].every((name) => settings.sidecars[name].image !== undefined),
    ),
  );
}

export function sidecarsOf(profile: Profile, settings: WorkerSettings): Sidecar[] {
  return SIDECARS_OF[profile].flatMap((name) => {
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
