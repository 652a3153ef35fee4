import { leftovers as clusterLeftovers, down } from '../cluster/index.ts';
import { identify, stillRuns } from '../process/identity.ts';
import { Kubectl } from './kubectl.ts';
import { killOrphans } from './orphans.ts';
import { stopService } from './service.ts';
import { readState, removeState } from './state.ts';
import { uninstall } from './uninstall.ts';

/**
 * Ends what the recorded run has started and forgets it. May be called when nothing runs, and again after it failed
 * half-way.
 *
 * @returns what is left nevertheless, one line each; empty when all is gone.
 */
export async function tearDown(note: (message: string) => void): Promise<string[]> {
  const state = await readState();
  if (!state) return [];
  const left: string[] = [];
  // What was kept on purpose has a dead owner, too; its services end in order below.
  if (!state.kept && !stillRuns(state.owner)) killOrphans(state.run);
  if (state.release) {
    try {
      await uninstall(await Kubectl.open(state.release), note);
    } catch (error) {
      left.push(`Skald in the cluster of context ${state.release.context}: ${errorText(error)}`);
    }
  }
  await Promise.all(
    state.services.map(async (service) => {
      try {
        await stopService(service);
      } catch (error) {
        note(`${service.name}: ${errorText(error)}`);
      }
      if (stillRuns(service.process)) left.push(`process ${service.process.pid} (${service.name})`);
    }),
  );
  if (state.cluster) {
    await down({ onProgress: note });
    left.push(...(await clusterLeftovers()));
  }
  if (left.length === 0) await removeState();
  return left;
}

/**
 * Cleans up after a run that was killed or that left its environment on purpose.
 *
 * @throws when another run is using it right now.
 */
export async function clearFormerRun(note: (message: string) => void): Promise<void> {
  const state = await readState();
  if (!state) return;
  if (!state.kept && stillRuns(state.owner) && state.owner.pid !== process.pid) {
    throw new Error(
      `Another run (pid ${state.owner.pid}) uses the local environment; wait for it or stop it, then try again`,
    );
  }
  note(
    state.kept ? 'Removing the environment that was kept running' : 'Cleaning up after a run that was killed',
  );
  const left = await tearDown(note);
  if (left.length > 0) throw new Error(`Could not remove: ${left.join('; ')}`);
}

export function thisProcess(): ReturnType<typeof identify> & object {
  const identity = identify(process.pid);
  if (!identity) throw new Error('This process cannot find itself in the process table');
  return identity;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
