import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { REPOSITORY } from './program';

/** A realistic object of one kind, as a careful user writes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Where the manifests are: one or more for every kind of the API, in YAML files by area. */
export const MANIFESTS_FOLDER = join(REPOSITORY, 'libs', 'testing', 'manifests');

/** Every manifest of the folder, in the order of the files. None says a namespace: it is that of who creates it. */
export function readManifests(): readonly Manifest[] {
  return readdirSync(MANIFESTS_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(MANIFESTS_FOLDER, file), 'utf8')))
    .map((document) => document.toJS() as Manifest);
}
