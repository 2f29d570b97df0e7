import { run } from '../system/run';

/** What containerd's own command line answers. Throws `CommandFailed`. */
export type Ctr = (...args: readonly string[]) => Promise<string>;

/** containerd's command line, for one of the namespaces that its clients have there. */
export function ctrAt(socket: string, namespace: string, timeout?: number): Ctr {
  return (...args) => run('ctr', ['--address', socket, '--namespace', namespace, ...args], { timeout });
}
