// Native sidecars (init containers with restartPolicy Always) that serve speech or language models next to the
// worker: they start before it and end after it, so that the Job completes.
import { type Profile, SIDECAR_PORTS, sidecarNames, type TenantWorker } from '../../src/api/index.ts';
import type { Pod } from '../../src/kube/index.ts';
import { RESTRICTED } from '../pod-security.ts';
import type { WorkerSettings } from '../settings.ts';
import { quantities } from './quantities.ts';

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

/** @param own what the Tenant says of them; requests and limits each go before the installation's as a whole */
export function sidecarsOf(
  profile: Profile,
  settings: WorkerSettings,
  own: TenantWorker['sidecars'] = {},
): Sidecar[] {
  return sidecarNames(profile).flatMap((name) => {
    const { image, resources } = settings.sidecars[name];
    if (image === undefined) return [];
    const container: Container = {
      name,
      image,
      imagePullPolicy: settings.imagePullPolicy,
      restartPolicy: 'Always',
      ports: [{ name, containerPort: SIDECAR_PORTS[name] }],
      resources: {
        requests: quantities(own[name]?.requests ?? resources.requests),
        limits: quantities(own[name]?.limits ?? resources.limits),
      },
      securityContext: RESTRICTED,
      // No startup probe: the kubelet would hold the worker back until it passes, and somebody waits for the bot. The
      // models load while the worker starts and joins; what the speech sidecar is asked before then waits there.
      volumeMounts: [{ name: `tmp-${name}`, mountPath: '/tmp' }],
    };
    return [{ container, volume: { name: `tmp-${name}`, emptyDir: {} } }];
  });
}
