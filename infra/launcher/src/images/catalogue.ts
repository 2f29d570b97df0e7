import { dirname, join } from 'node:path';
import { embeddedBinaries } from '@shiplog/postgres';
import { REPOSITORY } from '../settings';

/** An image that the sample and the tests need, and how to come by it where it cannot be pulled. */
export interface ImageRow {
  readonly ref: string;
  readonly otherwise:
    | { kind: 'dockerfile'; folder: string }
    | { kind: 'busybox'; config: readonly string[] }
    | {
        kind: 'debian';
        packages: readonly [string, ...string[]];
        /** Which of the packages that those depend on come along. */
        keep: RegExp;
        /** Whether a shell and its tools are put in. */
        busybox?: boolean;
        /** Files and folders of this machine that are put in. */
        copies?: readonly { from: string; to: string }[];
        config: readonly string[];
      };
}

/** In the order of making them: a later one may build on an earlier one. */
export const IMAGES: readonly ImageRow[] = [
  { ref: 'busybox:1.36', otherwise: { kind: 'busybox', config: ['CMD ["sh"]'] } },
  {
    ref: 'redis:7',
    otherwise: {
      kind: 'debian',
      packages: ['redis-server', 'redis-tools'],
      keep: /^(lib(?!pam|perl|db5|bz2|crypt1|debconf)|lua|redis|zlib)/,
      config: [
        'CMD ["redis-server","--protected-mode","no","--bind","0.0.0.0","--save",""]',
        'EXPOSE 6379',
        'ENV PATH=/usr/bin:/bin',
      ],
    },
  },
  {
    ref: 'shiplog/guestbook-frontend:v1',
    otherwise: { kind: 'dockerfile', folder: join(REPOSITORY, 'infra', 'images', 'guestbook-frontend') },
  },
];

const LIBRARIES = /^(lib(?!pam|db5|debconf|systemd)|zlib)/;

/** What the images of services are based on. */
export const SERVICE_BASE: ImageRow = {
  ref: 'node:20-bookworm-slim',
  otherwise: {
    kind: 'debian',
    packages: ['libc6', 'libstdc++6', 'libgcc-s1'],
    keep: LIBRARIES,
    busybox: true,
    copies: [{ from: process.execPath, to: 'usr/local/bin/node' }],
    config: ['CMD ["node"]', 'ENV PATH=/usr/local/bin:/usr/bin:/bin'],
  },
};

/** What docker-compose.dev.yml runs beside the services. */
export const STORE_IMAGES: readonly ImageRow[] = [
  {
    ref: 'nats:2',
    otherwise: {
      kind: 'debian',
      packages: ['nats-server', 'libc6'],
      keep: LIBRARIES,
      config: ['ENTRYPOINT ["/usr/sbin/nats-server"]'],
    },
  },
  {
    ref: 'postgres:16',
    otherwise: {
      kind: 'debian',
      packages: ['libc6', 'libstdc++6', 'libgcc-s1'],
      keep: LIBRARIES,
      busybox: true,
      copies: [
        { from: dirname(embeddedBinaries() ?? REPOSITORY), to: 'usr/lib/postgresql' },
        { from: join(REPOSITORY, 'infra', 'images', 'postgres', 'entrypoint'), to: 'entrypoint' },
      ],
      config: ['ENTRYPOINT ["/entrypoint"]', 'ENV PATH=/usr/bin:/bin'],
    },
  },
];

/** Images of this project's own are in no registry. */
export function canBePulled(ref: string): boolean {
  return !ref.startsWith('shiplog/');
}
