/** What is true of a Kubernetes object, whoever looks at it. */
export * from './commands';
export * from './conditions';
export * from './containers';
export * from './cron/cron-names';
export * from './cron/cron-schedule';
export * from './cron/next-time';
export { zonedTime } from './cron/zone-time';
export * from './disruption-allowed';
export * from './go-duration';
export * from './host-ports';
export * from './owners';
export * from './service-index';
export * from './time';
export * from './tolerations';
export * from './stored';
export * from './volumes/claims';
export * from './volumes/matching';
export * from './volumes/reserving';
