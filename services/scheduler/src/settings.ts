import { choice, integer, text, type CommonConfig, type ConfigOf } from '@shiplog/service';
import { DEFAULT_POLICY, POLICY_IDS } from '@shiplog/scheduling';

/** How the scheduler is configured, each setting by one environment variable. */
export const schedulerSettings = {
  schedulerName: text({
    env: 'SCHEDULER_NAME',
    description: "Pods whose spec.schedulerName is this are scheduled; Kubernetes' default asks for default-scheduler.",
    default: 'default-scheduler',
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    example: 'default-scheduler',
  }),
  policy: choice({
    env: 'SCHEDULING_POLICY',
    description: 'Which rules decide, with which weights.',
    of: POLICY_IDS,
    default: DEFAULT_POLICY,
  }),
  batchLimit: integer({
    env: 'BATCH_LIMIT',
    description: 'How many pods are decided on at once, at most: their bindings travel in one message.',
    default: 256,
    min: 1,
    max: 512,
  }),
};

export type SchedulerConfig = ConfigOf<typeof schedulerSettings> & CommonConfig;
