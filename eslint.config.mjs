import tseslint from 'typescript-eslint';
import { layers } from './infra/lint/layers.mjs';

/** What decides is pure, by the folder that it stands in. */
const PURE = [
  'contracts/src/**/*.ts',
  'libs/{kube,apimachinery,authorization,admission,cluster,scheduling,representation}/src/**/*.ts',
  '{services,infra}/**/{domain,decide,plan,render,rules}/**/*.ts',
  'services/api/src/{rest,cache/window}/**/*.ts',
  'services/controller/src/controllers/**/*.ts',
];
const SPECS = ['**/*.spec.ts', '**/testing/**', 'infra/e2e/**', 'libs/testing/**'];
const IO_MODULES = [
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'tls',
  'dgram',
  'dns',
  'child_process',
  'worker_threads',
  'os',
  'timers',
  'timers/promises',
  'crypto',
  'perf_hooks',
  'cluster',
  'process',
  'stream',
];
const CLIENTS = [
  'nats',
  'pg',
  'pg-copy-streams',
  'typeorm',
  'dockerode',
  'pino',
  'fastify',
  '@nestjs/*',
  '@peculiar/x509',
  '@shiplog/bus',
  '@shiplog/pki',
  '@shiplog/service',
  '@shiplog/projection',
];
/** Hashing is arithmetic: the one function of node:crypto that pure code may use. */
const HASHING = ['createHash', 'hash'];
const SERVICES = ['journal', 'api', 'scheduler', 'controller', 'dns', 'kubelet', 'proxy', 'network'];

/** A service imports from libs/ and contracts/ and its own folder, never from another service. */
const boundaries = SERVICES.map((service) => ({
  files: [`services/${service}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `(^|/)(services/(?!${service}/)|(\\.\\./)+(${SERVICES.filter((s) => s !== service).join('|')})/)`,
            message: 'Services meet only on NATS: import from libs/ or contracts/.',
          },
        ],
      },
    ],
  },
}));

/** The api from the top down: each layer imports only those below it, and the members of one layer don't know one another. */
const API_LAYERS = [
  ['http', 'start'],
  ['handlers/virtual'],
  [
    'handlers/reads',
    'handlers/writes',
    'handlers/watch',
    'handlers/logs',
    'handlers/aggregation',
    'handlers/sessions',
    'handlers/proxy',
  ],
  ['handlers/events', 'handlers/conversion', 'handlers/admission'],
  ['authentication'],
  ['cache'],
  ['cache/window'],
  ['rest'],
  ['common', 'settings.ts'],
];
const apiLayers = {
  files: ['services/api/src/**/*.ts'],
  ignores: SPECS,
  plugins: { layers },
  rules: { 'layers/downward': ['error', { root: 'services/api/src', layers: API_LAYERS }] },
};

/** A callback of nats.js that throws ends the process' hearing; libs/bus has the one way to subscribe that can't. */
const listening = {
  files: ['contracts/**/*.ts', 'libs/**/*.ts', 'services/**/*.ts', 'infra/**/*.ts'],
  ignores: ['libs/bus/src/**', ...SPECS],
  rules: {
    'no-restricted-properties': [
      'error',
      { property: 'subscribe', message: 'Listen by bus.listen, bus.hear or a handler of Nest: they are guarded.' },
    ],
  },
};

/** A statement, and no sentence that begins with such a word. */
const SQL =
  '^\\s*(select\\s.*\\sfrom|insert\\s+into|update\\s+\\S+\\s+set|delete\\s+from|copy\\s.*\\s(from|to)|set\\s.*=|' +
  '(create|alter|drop|grant|revoke)\\s.*(table|index|function|role|schema))\\s';

/** The database is asked in one folder only; what others know of it are its repositories. */
const database = {
  files: ['services/**/*.ts'],
  ignores: ['services/journal/src/database/**', ...SPECS],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        paths: ['pg', 'pg-copy-streams', 'typeorm'].map((name) => ({
          name,
          message: 'Only services/journal/src/database speaks to Postgres.',
          // A DataSource is passed on without being asked anything.
          allowTypeImports: name === 'typeorm',
        })),
      },
    ],
    'no-restricted-syntax': [
      'error',
      ...[`Literal[value=/${SQL}/is]`, `TemplateLiteral > TemplateElement:first-child[value.raw=/${SQL}/is]`].map(
        (selector) => ({ selector, message: 'SQL is written in services/journal/src/database only.' }),
      ),
    ],
  },
};

/** Rules that need types are in .oxlintrc.json: their linter checks the whole house's types in seconds. */
export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.shiplog/**', '**/*.mjs', '*.js', 'contracts/src/generated/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    // As tsconfig.json says: what a decorator sees of a type is a value.
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
    },
  },
  // emitDecoratorMetadata needs constructor parameter types as values.
  {
    files: ['services/**/*.ts', 'libs/service/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  ...boundaries,
  apiLayers,
  database,
  listening,
  {
    files: ['libs/**/*.ts', 'contracts/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '(^|/)(services|infra)/', message: 'libs and contracts know no service.' }] },
      ],
    },
  },
  {
    files: PURE,
    ignores: SPECS,
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'performance'].map((name) => ({
          name,
          message: 'Pure code takes everything as arguments.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'Pure code takes the time as an argument.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Pure code takes the time as an argument.',
        },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'Pure code takes its seed as an argument.',
        },
        {
          selector: "CallExpression[callee.name='randomUUID'], MemberExpression[property.name='randomUUID']",
          message: 'Pure code takes ids as arguments.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: IO_MODULES.flatMap((name) => [name, `node:${name}`]).map((name) => ({
            name,
            message: 'Pure code does no I/O.',
            ...(name.endsWith('crypto') ? { allowImportNames: HASHING } : {}),
          })),
          patterns: [
            { group: CLIENTS, message: 'Pure code does no I/O.' },
            { regex: '(^|/)(services|infra)/', message: 'Pure code knows no service.' },
          ],
        },
      ],
    },
  },
  { files: SPECS, rules: { '@typescript-eslint/no-explicit-any': 'off', 'max-lines': ['error', { max: 600 }] } },
);
