import 'reflect-metadata';
import { hostname } from 'node:os';
import type { DynamicModule, INestApplication, INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connectBus, NatsTransport } from '@shiplog/bus';
import type { Logger } from 'pino';
import { Health } from './health';
import { makeLogger, NestLogger } from './logging';
import { ServiceModule, type ServiceContext } from './module';
import { choice, ConfigError, describeSettings, readConfig, text, type ConfigOf, type Settings } from './settings';

/** Settings that every service has. */
export const commonSettings = {
  natsUrl: text({
    env: 'NATS_URL',
    says: 'Where NATS is, with user and password if it wants them.',
    default: 'nats://127.0.0.1:4222',
    pattern: /^(nats|tls):\/\/[^\s/]+\/?$/,
    example: 'nats://user:password@host:4222',
  }),
  logLevel: choice({
    env: 'LOG_LEVEL',
    says: 'Which log lines are written.',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
  instance: text({ env: 'INSTANCE', says: 'Names this instance among those of its service.', default: hostname() }),
};

export type CommonConfig = ConfigOf<typeof commonSettings>;

export interface ServiceOptions<S extends Settings> {
  service: string;
  settings: S;
  /** The service's own module; `ServiceModule` is added to it. */
  module: (context: ServiceContext<ConfigOf<S> & CommonConfig>) => DynamicModule;
  /** For a service that also listens on HTTP: makes the application and starts listening. Default: NATS only. */
  createHttp?: (
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
    await start(options, readConfig(settings, process.env) as ConfigOf<S> & CommonConfig);
  } catch (error) {
    const message =
      error instanceof ConfigError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${options.service} can't start: ${message}\n`);
    process.exit(error instanceof ConfigError ? 64 : 1);
  }
}

async function start<S extends Settings>(
  options: ServiceOptions<S>,
  config: ConfigOf<S> & CommonConfig,
): Promise<void> {
  const { service } = options;
  const { instance } = config;
  const logger = makeLogger(service, instance, config.logLevel);
  failLoudly(logger);
  const onError = (error: unknown, where: string): void =>
    logger.error({ err: error, where }, 'a message could not be handled');
  const bus = await connectBus({ url: config.natsUrl, name: `${service}/${instance}`, onError });
  const health = new Health(service, instance);
  const context = { service, instance, config, logger, bus, health };
  const root: DynamicModule = { module: RootModule, imports: [ServiceModule.of(context), options.module(context)] };
  const nestLogger = new NestLogger(logger);
  const app = await (options.createHttp?.(root, context, nestLogger) ??
    createMicroservice(root, context, onError, nestLogger));
  health.serve(bus);
  logger.info('started');
  stopOnSignal(app, context);
}

class RootModule {}

async function createMicroservice(
  root: DynamicModule,
  { bus }: ServiceContext<unknown>,
  onError: (error: unknown, where: string) => void,
  logger: NestLogger,
): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice(root, {
    strategy: new NatsTransport(bus, onError),
    logger,
    abortOnError: false,
  });
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
    process.exit(0);
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
