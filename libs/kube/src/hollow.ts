/** The label of a node whose pods have no processes: one for tests of scale, of a launcher's `--hollow`. */
export const HOLLOW_LABEL = 'shiplog.dev/hollow';

/** Whether a node is hollow: it has all that a node has but containers that do anything. */
export function isHollow({
  metadata,
}: {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}): boolean {
  return metadata.labels?.[HOLLOW_LABEL] === 'true';
}
