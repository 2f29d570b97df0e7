import { join } from 'node:path';
import { REPOSITORY } from '../settings';

/** An image that the sample and the tests need, and how to come by it where it cannot be pulled. */
export interface ImageRow {
  readonly ref: string;
  readonly otherwise:
    | { kind: 'dockerfile'; folder: string }
    | { kind: 'busybox'; config: readonly string[] }
    | {
        kind: 'debian';
        packages: readonly string[];
        /** Which of the packages that those depend on come along. */
        keep: RegExp;
        /** Programs of this machine that are put into /usr/local/bin. */
        programs?: readonly string[];
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

/** What the images of services are based on: Node, and the tools that network and proxy call. */
export const SERVICE_BASE: ImageRow = {
  ref: 'node:20-bookworm-slim',
  otherwise: {
    kind: 'debian',
    packages: ['libc6', 'libstdc++6', 'libgcc-s1', 'dash', 'coreutils', 'nftables', 'iproute2', 'ca-certificates'],
    keep: /^(lib(?!pam|db5|debconf)|zlib)/,
    programs: [process.execPath],
    config: ['CMD ["node"]', 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  },
};

/** Images of this project's own are in no registry. */
export function canBePulled(ref: string): boolean {
  return !ref.startsWith('shiplog/');
}
