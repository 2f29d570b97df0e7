import { readdir, readlink } from 'node:fs/promises';

/** The network namespace of a process, as `/proc` names it. Throws when the process is gone. */
export async function namespaceOf(pid: number): Promise<string> {
  try {
    return await readlink(`/proc/${pid}/ns/net`);
  } catch (error) {
    throw new Error(`the pod's process ${pid} is gone`, { cause: error });
  }
}

/** Some process in each of these network namespaces that still has one. Looks at all processes: nothing for every day. */
export async function processesIn(namespaces: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  if (namespaces.size === 0) return found;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const namespace = await readlink(`/proc/${name}/ns/net`).catch(() => '');
    if (namespaces.has(namespace)) found.set(namespace, Number(name));
    if (found.size === namespaces.size) break;
  }
  return found;
}
