import type { KubeStatus } from '@shiplog/contracts';

/** What every step of the machinery answers: the value, or the rejection exactly as Kubernetes would word it. */
export type Result<T> = { ok: true; value: T } | { ok: false; status: KubeStatus };

/** A step that went well. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A step that was refused. */
export function refused<T = never>(status: KubeStatus): Result<T> {
  return { ok: false, status };
}
