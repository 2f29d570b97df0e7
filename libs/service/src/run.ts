import 'reflect-metadata';
import { hostname } from 'node:os';
import type { DynamicModule, INestApplication, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connectBus, ConnectionRefused, NatsTransport, type Credentials } from '@shiplog/bus';
import { isAgent, type Identity, type Role, type SERVICE_ROLES } from '@shiplog/contracts';
import type { Logger } from 'pino';
import { Health } from './health';
import { makeLogger, NestLogger } from './logging';
import { giveBackMemory } from './memory';
import { ServiceModule, type ServiceContext } from './module';
import { quietErrors } from './quiet';
import {
  choice,
  ConfigError,
  describeSettings,
  duration,
  optionalText,
  readConfig,
  text,
  type ConfigOf,
  type Settings,
} from './settings';
import { watchEventLoop } from './watchdog';

/** Settings that every service has. */
export const commonSettings = {
  natsUrl: text({
    env: 'NATS_URL',
    description:
      'Where NATS is: tls:// encrypted or not at all, nats:// in clear; with user and password if it wants them.',
    default: 'nats://127.0.0.1:4222',
    pattern: /^(nats|tls):\/\/[^\s/]+\/?$/,
    example: 'tls://host:4222',
  }),
  natsCa: optionalText({
    env: 'NATS_CA',
    description: "File of the authority that NATS' certificate must come from, PEM.",
  }),
  natsCert: optionalText({ env: 'NATS_CERT', description: "File of this process' certificate for NATS, PEM." }),
  natsKey: optionalText({ env: 'NATS_KEY', description: "File of that certificate's private key, PEM." }),
  natsSeedFile: optionalText({
    env: 'NATS_SEED_FILE',
    description: "File of the seed of this process' nkey: by it NATS knows who it is, and what it may say.",
  }),
  logLevel: choice({
    env: 'LOG_LEVEL',
    description: 'Which log lines are written.',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
  stallLimit: duration({
    env: 'STALL_LIMIT',
    description:
      'How long the event loop may stand still before the process logs its stack and ends with code 70 ' +
      '(killed when it is not in JavaScript); 0 for ever.',
    default: '10s',
  }),
  instance: text({
    env: 'INSTANCE',
    description: 'Names this instance among those of its service.',
    default: hostname(),
  }),
};

export type CommonConfig = ConfigOf<typeof commonSettings>;

export interface ServiceOptions<S extends Settings> {
  readonly service: (typeof SERVICE_ROLES)[number];
  readonly settings: S;
  /** The service's own module; what `ServiceModule` provides is injectable in it. */
  readonly module: Type | DynamicModule;
  /** Whether each message that this role answers must have its handler; not so where others of the process answer. Default: it must. */
  readonly complete?: boolean;
  /** What no setting can say alone. Throws a ConfigError. */
  readonly check?: (config: ConfigOf<S> & CommonConfig) => void;
  /** For a service that also listens on HTTP: makes the application and starts listening. Default: NATS only. */
  readonly createHttp?: (
    root: DynamicModule,
    context: ServiceContext<ConfigOf<S> & CommonConfig>,
    nestLogger: NestLogger,
  ) => Promise<INestApplication>;
}

/** What a stop may take before the process ends all the same, in milliseconds. */
const STOP_LIMIT_MS = 15_000;

/** Runs a service until a signal stops it. A wrong setting ends the process with a sentence that says which and why. */
export async function runService<S extends Settings>(options: ServiceOptions<S>): Promise<void> {
  const settings = { ...commonSettings, ...options.settings };
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `${options.service}: a Shiplog service, configured by its environment\n\n${describeSettings(settings)}\n`,
    );
    return;
  }
  try {
    const config = readConfig(settings, process.env) as ConfigOf<S> & CommonConfig;
    options.check?.(config);
    await start(options, config);
  } catch (error) {
    process.stderr.write(`${options.service} can't start: ${sentenceOf(error)}\n`);
    process.exit(error instanceof ConfigError ? 64 : 1);
  }
}

/** What is the user's to mend is said in a sentence; anything else with where it came from. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof ConnectionRefused) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function start<S extends Settings>(
  options: ServiceOptions<S>,
  config: ConfigOf<S> & CommonConfig,
): Promise<void> {
  const { service } = options;
  const { instance } = config;
  const logger = makeLogger(service, instance, config.logLevel);
  failLoudly(logger);
  await giveBackMemory();
  watchEventLoop({ limitMs: config.stallLimit, base: { service, instance }, logger });
  const bus = await connectBus({
    url: config.natsUrl,
    name: `${service}/${instance}`,
    identity: identityOf(service, config),
    credentials: credentialsOf(config),
    onError: quietErrors(logger),
    onWaiting: (error) => logger.info({ reason: String(error) }, 'waiting for NATS'),
  });
  const health = new Health(service, instance);
  const transport = new NatsTransport(bus, { complete: options.complete ?? true });
  const context = { config, logger, bus, health, transport };
  const root: DynamicModule = { module: RootModule, imports: [ServiceModule.forRoot(context), options.module] };
  const nestLogger = new NestLogger(logger);
  const app = await (options.createHttp?.(root, context, nestLogger) ?? createMicroservice(root, context, nestLogger));
  logger.info('started');
  stopOnSignal(app, context);
}

/** Agents speak for their node, whatever their instance is called. */
function identityOf(service: Role, config: CommonConfig & { readonly nodeName?: unknown }): Identity {
  const node = isAgent(service) && typeof config.nodeName === 'string' ? config.nodeName : undefined;
  return { role: service, name: node ?? config.instance };
}

/** The files that the settings name. */
export function credentialsOf(
  config: Pick<CommonConfig, 'natsCa' | 'natsCert' | 'natsKey' | 'natsSeedFile'>,
): Credentials {
  return {
    caFile: config.natsCa,
    certFile: config.natsCert,
    keyFile: config.natsKey,
    seedFile: config.natsSeedFile,
  };
}

class RootModule {}

async function createMicroservice(
  root: DynamicModule,
  { transport }: ServiceContext<unknown>,
  logger: NestLogger,
): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice(root, { strategy: transport, logger, abortOnError: false });
  await app.listen();
  return app;
}

/** A defect that nobody caught ends the process: its supervisor starts a sound one, and the log loses nothing. */
function failLoudly(logger: Logger): void {
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'an error that nobody handled; stopping');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}

function stopOnSignal(app: INestApplication | INestMicroservice, { logger, bus }: ServiceContext<unknown>): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await app.close();
    await bus.close();
    logger.info('stopped');
    process.exit(process.exitCode ?? 0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        logger.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      });
    });
  }
}
