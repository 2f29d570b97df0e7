import { type Layout, layoutOf } from '../../launcher/src/layout';

/** Where the end-to-end cluster is: names and addresses of its own, so that it never meets a developer's. */
export const E2E_SLOT = Number(process.env.SHIPLOG_E2E_SLOT || 9);
/** Three, so that there are minions that see each other while they don't see one of them. */
export const E2E_MINIONS = 3;
/** Of a second cluster, that a test has to itself. */
export const E2E_SECOND_SLOT = Number(process.env.SHIPLOG_E2E_SECOND_SLOT || 5);
/** The environment variable that tells test files the state folder of this run. */
export const E2E_HOME = 'SHIPLOG_E2E_HOME';

/** Of the cluster that all tests share. */
export function sharedLayout(home: string): Layout {
  return layoutOf({ slot: E2E_SLOT, minions: E2E_MINIONS, home });
}

/** Shorter waits than a real cluster has, so that what comes after them can be tested in seconds. */
export const QUICK = { NODE_MONITOR_GRACE: '8s' };
