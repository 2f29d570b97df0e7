/** One project per kind of test, so that `npm run test:unit` takes seconds and the rest says what it needs. */
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.(ts|js)$': [
      '@swc/jest',
      { ...JSON.parse(require('fs').readFileSync(`${__dirname}/.swcrc`, 'utf8')), swcrc: false, sourceMaps: 'inline' },
    ],
  },
  moduleNameMapper: {
    '^@shiplog/contracts$': '<rootDir>/contracts/src/index.ts',
    '^@shiplog/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
  },
  // What is published as ES modules alone is transformed as our own is; Node itself requires it as it is.
  transformIgnorePatterns: [
    '/node_modules/(?!(@marcbachmann|@kubernetes/client-node|openid-client|oauth4webapi|jose)/)',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.shiplog/'],
  injectGlobals: true,
};

const project = (name, testMatch, extra = {}) => ({ ...shared, displayName: name, testMatch, ...extra });

module.exports = {
  projects: [
    project('unit', ['<rootDir>/{contracts,libs,services,infra}/**/!(*.int|*.e2e).spec.ts'], {
      setupFilesAfterEnv: ['<rootDir>/jest.quick.js'],
    }),
    project('int', ['<rootDir>/{contracts,libs,services,infra}/**/*.int.spec.ts'], {
      setupFilesAfterEnv: ['<rootDir>/jest.slow.js'],
    }),
    project('e2e', ['<rootDir>/infra/e2e/**/*.e2e.spec.ts'], {
      setupFilesAfterEnv: ['<rootDir>/jest.slow.js'],
      // One cluster, started by the launcher, for all of them.
      globalSetup: '<rootDir>/infra/e2e/global-setup.ts',
      globalTeardown: '<rootDir>/infra/e2e/global-teardown.ts',
    }),
  ],
};
