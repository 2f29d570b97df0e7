import type { Taint, Toleration } from '@shiplog/contracts';

/** Whether one toleration covers a taint (Kubernetes' ToleratesTaint): an empty effect or key matches all of them. */
export function tolerates({ effect = '', key = '', operator = '', value = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '');
}

/** Whether a pod with these tolerations may be where this taint is. */
export function tolerated(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return tolerations?.some((toleration) => tolerates(toleration, taint)) ?? false;
}
