// Starts a control plane, says what it has started, and waits to be killed.
import { dirname } from 'node:path';
import { startControlPlane } from '../../../hack/cluster/control-plane.ts';

const { pids, kubeconfig } = await startControlPlane();
process.stdout.write(JSON.stringify({ pids, folder: dirname(kubeconfig) }));
setInterval(() => {}, 60_000);
