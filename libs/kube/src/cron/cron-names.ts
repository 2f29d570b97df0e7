/** The annotation by which a Job says for which time its CronJob made it. */
export const CRON_SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
