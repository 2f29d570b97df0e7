/** Kubernetes' times have whole seconds. */
export function kubernetesTime(time: string, plusSeconds = 0): string {
  return `${new Date(Math.floor(Date.parse(time) / 1000 + plusSeconds) * 1000).toISOString().slice(0, 19)}Z`;
}
