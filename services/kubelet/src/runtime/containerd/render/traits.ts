import type { ContainerSpec } from '../../runtime';

/** What must be known of a container later, and its status does not tell; kept in its annotations. */
export interface Traits {
  /** The status tells a digest of the image in its place, where there is one. */
  readonly imageId: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  /** Which signal asks it to end; '' for that of its image. */
  readonly stopSignal: string;
}

const PREFIX = 'io.shiplog.';

export function renderTraits({
  imageId,
  tty,
  stdin,
  stdinOnce,
  stopSignal = '',
}: ContainerSpec): Record<string, string> {
  return {
    [`${PREFIX}image-id`]: imageId,
    [`${PREFIX}tty`]: String(tty),
    [`${PREFIX}stdin`]: String(stdin),
    [`${PREFIX}stdin-once`]: String(stdinOnce),
    [`${PREFIX}stop-signal`]: stopSignal,
  };
}

export function traitsOf(annotations: Readonly<Record<string, string>>): Traits {
  const told = (name: string): string => annotations[PREFIX + name] ?? '';
  return {
    imageId: told('image-id'),
    tty: told('tty') === 'true',
    stdin: told('stdin') === 'true',
    stdinOnce: told('stdin-once') === 'true',
    stopSignal: told('stop-signal'),
  };
}
