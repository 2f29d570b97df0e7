import { join } from 'node:path';
import { REPOSITORY } from '../settings';

/** An image that the sample and the tests need, and how to come by it where it cannot be pulled. */
export interface ImageRow {
  readonly ref: string;
  readonly otherwise:
    | { kind: 'dockerfile'; folder: string }
    | { kind: 'busybox'; config: readonly string[] }
    | { kind: 'debian'; packages: readonly string[]; keep: RegExp; config: readonly string[] };
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

/** Images of this project's own are in no registry. */
export function canBePulled(ref: string): boolean {
  return !ref.startsWith('shiplog/');
}
