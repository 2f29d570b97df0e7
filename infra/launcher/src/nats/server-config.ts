import { permissionsOf, permissionsOfHollow, type Identity, type Permissions } from '@shiplog/contracts';

/** Somebody who may connect: by the public half of an nkey, as an identity. */
export interface NatsUser extends Identity {
  /** `U…`, as `nk -pubout` prints it. */
  readonly nkey: string;
  /** Of a process that is many hollow nodes: their names. */
  readonly hollowNodes?: readonly string[];
}

/** What a server is configured with. Paths are absolute. */
export interface ServerSettings {
  /** Address and port. */
  readonly listen: string;
  readonly store: string;
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  readonly users: readonly NatsUser[];
}

/** Larger than the largest object of the API (1.5 MB) with room for a batch of them. */
const MAX_PAYLOAD = 8 * 1024 * 1024;
const MAX_PENDING = 128 * 1024 * 1024;
/** The one stream of commands that nobody waits for has at most a quarter of it. */
const MAX_STORE = 1024 ** 3;
const MAX_MEMORY = 64 * 1024 ** 2;
/** The account of a cluster; its store has a folder of this name. */
export const ACCOUNT = 'SHIPLOG';

/**
 * The server's configuration (its own format takes JSON). Every user has the permissions of its role, and all are inside
 * `accounts`: beside an `authorization` block the server lets anybody in (CVE-2023-47090). TLS with a certificate of
 * both sides.
 */
export function renderServerConfig(settings: ServerSettings): string {
  const { listen, store, certificate, key, authority, users } = settings;
  const config = {
    listen,
    server_name: 'shiplog',
    max_payload: MAX_PAYLOAD,
    max_pending: MAX_PENDING,
    tls: { cert_file: certificate, key_file: key, ca_file: authority, verify: true, timeout: 5 },
    jetstream: { store_dir: store, max_memory_store: MAX_MEMORY, max_file_store: MAX_STORE },
    accounts: {
      [ACCOUNT]: {
        jetstream: { max_mem: MAX_MEMORY, max_file: MAX_STORE, max_streams: 1, max_consumers: 1 },
        users: users.map((user) => ({ nkey: user.nkey, permissions: permissionsOfUser(user) })),
      },
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function permissionsOfUser({ role, name, hollowNodes }: NatsUser): Permissions {
  const identity = { role, name };
  return hollowNodes === undefined ? permissionsOf(identity) : permissionsOfHollow(identity, hollowNodes);
}
