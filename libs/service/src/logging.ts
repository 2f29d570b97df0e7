import type { LoggerService } from '@nestjs/common';
import { pino, type Logger, type LoggerOptions } from 'pino';
import { sourceStack } from './source-stack';

/** JSON lines on standard output: what happened, where, with what. */
export function makeLogger(
  service: string,
  instance: string,
  level: string,
  hooks: NonNullable<LoggerOptions['hooks']> = {},
): Logger {
  return pino({
    level,
    hooks,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorLine },
  });
}

function errorLine(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const line = pino.stdSerializers.err(error);
  return { ...line, stack: sourceStack(line.stack) };
}

/** Nest's own messages through the same logger; its start-up chatter is debug here. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  error(message: unknown, ...details: unknown[]): void {
    this.logger.error({ details }, String(message));
  }
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }
  debug(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
  verbose(message: unknown, context?: unknown): void {
    this.logger.trace({ context }, String(message));
  }
}
