import type { NodeUsage } from '@shiplog/contracts';
import type { PodUsage, Usage } from '../domain/usage';

/** Usage as other services hear of it: of what has a rate by now. */
export function renderNodeUsage(node: Usage | undefined, pods: readonly PodUsage[]): NodeUsage {
  const whole = renderUsage(node);
  return {
    ...(whole === undefined ? {} : { node: whole }),
    pods: pods.map(({ pod, containers }) => ({
      uid: pod.uid,
      containers: containers.flatMap((item) => {
        const usage = renderUsage(item);
        return usage === undefined ? [] : [{ name: item.name, ...usage }];
      }),
    })),
  };
}

function renderUsage(usage: Usage | undefined): NodeUsage['node'] {
  if (usage?.cpuRate === undefined) return undefined;
  const { time, cpuRate, memory } = usage;
  return {
    time: new Date(time).toISOString(),
    nanoCores: cpuRate.nanoCores,
    windowMs: Math.round(cpuRate.windowMs),
    memoryBytes: memory.workingSetBytes,
  };
}
