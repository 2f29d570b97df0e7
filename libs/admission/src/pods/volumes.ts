import type { Volume } from '@shiplog/contracts';
import { dnsLabel, type Problems } from '@shiplog/apimachinery';
import { sourcesOf } from './defaults';
import type { VolumesByName } from './mounts';
import { validateSource } from './volume-sources';

/** Checks a pod's volumes and answers them by their names, for the mounts. */
export function validateVolumes(volumes: readonly Volume[] | undefined, at: string, problems: Problems): VolumesByName {
  const known = new Map<string, Volume>();
  volumes?.forEach((volume, i) => {
    const here = `${at}[${i}]`;
    const { name } = volume;
    if (name === '') problems.required(`${here}.name`);
    else problems.breaches(`${here}.name`, name, dnsLabel);
    if (known.has(name)) problems.duplicate(`${here}.name`, name);
    known.set(name, volume);
    const sources = sourcesOf(volume);
    for (const extra of sources.slice(1)) {
      problems.forbidden(`${here}.${extra}`, 'may not specify more than 1 volume type');
    }
    for (const source of sources) validateSource(volume, source, here, problems);
  });
  return known;
}
