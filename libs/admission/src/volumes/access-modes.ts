import type { Problems } from '@shiplog/apimachinery';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

export const VOLUME_MODES: readonly string[] = ['Block', 'Filesystem'];

/** By whom a volume can be used at a time; for one pod alone goes with nothing else. */
export function validateAccessModes(modes: readonly string[] = [], at: string, problems: Problems): void {
  for (const mode of modes) problems.unlessOneOf(at, mode, ACCESS_MODES);
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (others && modes.includes('ReadWriteOncePod')) {
    problems.forbidden(at, 'may not use ReadWriteOncePod with other access modes');
  }
}
