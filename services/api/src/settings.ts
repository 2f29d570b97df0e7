import { parseIpRanges } from '@shiplog/apimachinery';
import { choice, duration, flag, integer, parsed, text, type ConfigOf } from '@shiplog/service';
import type { CommonConfig } from '@shiplog/service';

/** The settings of the api. */
export const apiSettings = {
  host: text({ env: 'API_HOST', description: 'Addresses to listen on, separated by commas.', default: '127.0.0.1' }),
  port: integer({ env: 'API_PORT', description: 'Port to listen on; 0 takes a free one.', default: 6443, max: 65_535 }),
  tlsCertFile: text({ env: 'TLS_CERT_FILE', description: "File of the server's certificate chain, PEM." }),
  tlsKeyFile: text({ env: 'TLS_KEY_FILE', description: "File of the certificate's private key, PEM." }),
  clientCaFile: text({
    env: 'CLIENT_CA_FILE',
    description:
      'File of the authorities, PEM, whose certificates say who a client is: the common name is the user, the organizations are the groups; none: clients are not asked for one.',
    default: '',
  }),
  tokenFile: text({
    env: 'TOKEN_FILE',
    description: 'File of the accepted bearer tokens, a line each: token,user,uid,"group1,group2".',
  }),
  accountKeyFile: text({
    env: 'SERVICE_ACCOUNT_KEY_FILE',
    description: 'File of the private key that signs the tokens of service accounts, PEM: RSA, or EC.',
  }),
  accountPublicKeysFile: text({
    env: 'SERVICE_ACCOUNT_PUBLIC_KEYS_FILE',
    description:
      'File of public keys, PEM, whose tokens are good too: those that signed before, and those of other apis; none: there are none.',
    default: '',
  }),
  accountIssuer: text({
    env: 'SERVICE_ACCOUNT_ISSUER',
    description: 'Who the tokens of service accounts say they are from.',
    default: 'https://kubernetes.default.svc.cluster.local',
    pattern: /^https:\/\/[^?#\s]+$/,
    example: 'https://kubernetes.default.svc.cluster.local',
  }),
  rootCaFile: text({
    env: 'ROOT_CA_FILE',
    description:
      "File of the authority, PEM, that signs the api's certificate: Secrets with the token of a service account hold it; none: they don't.",
    default: '',
  }),
  apiAudiences: text({
    env: 'API_AUDIENCES',
    description: 'Whom tokens must be meant for to be good here, separated by commas; none: the issuer.',
    default: '',
  }),
  oidcIssuerUrl: text({
    env: 'OIDC_ISSUER_URL',
    description: 'URL of the OpenID Connect provider whose ID tokens say who somebody is; none: there is none.',
    default: '',
    pattern: /^https:\/\/[^?#\s]+$/,
    example: 'https://accounts.example.com',
  }),
  oidcClientId: text({
    env: 'OIDC_CLIENT_ID',
    description: 'Whom those tokens must be for.',
    default: '',
  }),
  oidcUsernameClaim: text({
    env: 'OIDC_USERNAME_CLAIM',
    description: 'The claim that names the user.',
    default: 'sub',
  }),
  oidcUsernamePrefix: text({
    env: 'OIDC_USERNAME_PREFIX',
    description:
      "What stands before the names of users; none: the issuer's URL and #, unless the claim is email; -: nothing.",
    default: '',
  }),
  oidcGroupsClaim: text({
    env: 'OIDC_GROUPS_CLAIM',
    description: 'The claim that names groups of the user, one or a list; none: there are none.',
    default: '',
  }),
  oidcGroupsPrefix: text({
    env: 'OIDC_GROUPS_PREFIX',
    description: 'What stands before the names of groups.',
    default: '',
  }),
  oidcRequiredClaims: text({
    env: 'OIDC_REQUIRED_CLAIMS',
    description: 'What tokens must say besides, claim=value, separated by commas.',
    default: '',
  }),
  oidcSigningAlgs: text({
    env: 'OIDC_SIGNING_ALGS',
    description: 'By which algorithms (RFC 7518) they may be signed, separated by commas.',
    default: 'RS256',
  }),
  oidcCaFile: text({
    env: 'OIDC_CA_FILE',
    description: "File of the authority, PEM, of the provider's certificate; none: those of the web.",
    default: '',
  }),
  proxyCertFile: text({
    env: 'PROXY_CLIENT_CERT_FILE',
    description:
      'File of the certificate, PEM, by which the servers of APIServices know that it is the api that tells them who asks; none: it shows none.',
    default: '',
  }),
  proxyKeyFile: text({
    env: 'PROXY_CLIENT_KEY_FILE',
    description: "File of that certificate's private key, PEM.",
    default: '',
  }),
  proxyCaFile: text({
    env: 'PROXY_CLIENT_CA_FILE',
    description:
      "File of that certificate's authority, PEM, which those servers find in extension-apiserver-authentication.",
    default: '',
  }),
  advertiseAddress: text({
    env: 'ADVERTISE_ADDRESS',
    description:
      'IP address at which pods reach the api: the endpoint of the Service "kubernetes"; a loopback address is never advertised.',
    default: '127.0.0.1',
    pattern: /^[0-9a-fA-F.:]+$/,
    example: '10.0.0.1',
  }),
  serviceCidr: parsed({
    env: 'SERVICE_CIDR',
    description:
      'Range of the cluster IPs, in a dual-stack cluster one of each family; the first address is that of the Service "kubernetes".',
    default: '10.96.0.0/16',
    read: parseIpRanges,
  }),
  maxConnections: integer({
    env: 'API_MAX_CONNECTIONS',
    description: 'How many connections may be open on each address listened on; more are closed at once.',
    default: 4_096,
    min: 16,
    max: 1_000_000,
  }),
  maxReads: integer({
    env: 'API_MAX_READS',
    description:
      'How many requests that read may be in flight of those whom flow control exempts (watches and logs do not count); more are answered 429.',
    default: 400,
    min: 1,
    max: 100_000,
  }),
  maxWrites: integer({
    env: 'API_MAX_WRITES',
    description: 'The same of requests that change something.',
    default: 200,
    min: 1,
    max: 100_000,
  }),
  maxSessions: integer({
    env: 'API_MAX_SESSIONS',
    description: 'How many sessions (exec, attach, port-forward) may be open; more are answered 429.',
    default: 1_000,
    min: 1,
    max: 100_000,
  }),
  seats: integer({
    env: 'API_SEATS',
    description:
      'How many requests are answered at a time of those whom flow control limits; each priority level has its share. The more, the ' +
      'longer others wait beside a flood.',
    default: 240,
    min: 1,
    max: 100_000,
  }),
  requestTimeout: duration({
    env: 'API_REQUEST_TIMEOUT',
    description: 'How long a client may take to send one request, its body included.',
    default: '60s',
    minMs: 500,
  }),
  readConsistency: choice({
    env: 'READ_CONSISTENCY',
    description:
      'Whether a read asks the journal how far the log is (linearizable, also over several apis) or answers from what was heard of it (projection: never older than any write answered by this api).',
    of: ['projection', 'linearizable'],
    default: 'projection',
  }),
  watchWindow: integer({
    env: 'WATCH_WINDOW',
    description: 'How many changes of each resource are kept for watches; older ones are fetched from the journal.',
    default: 4_096,
    min: 16,
    max: 1_000_000,
  }),
  watchWindowBytes: integer({
    env: 'WATCH_WINDOW_BYTES',
    description: 'How much JSON the changes kept of each resource may come to; the oldest leave early when it is more.',
    default: 32 * 1024 * 1024,
    min: 64 * 1024,
    max: 8 * 1024 * 1024 * 1024,
  }),
  journalSilence: duration({
    env: 'JOURNAL_SILENCE',
    description:
      'How long nothing may be heard from the journal before the api is not ready, and refuses reads that ask for the latest.',
    default: '5s',
    minMs: 100,
  }),
  commandTimeout: duration({
    env: 'COMMAND_TIMEOUT',
    description: 'How long the journal may take to answer a write before the client is told 504.',
    default: '10s',
    minMs: 100,
  }),
  bootstrap: flag({
    env: 'API_BOOTSTRAP',
    description: 'Whether to create the first namespaces and the Service "kubernetes" where they are missing.',
    default: true,
  }),
};

export type ApiConfig = ConfigOf<typeof apiSettings> & CommonConfig;
