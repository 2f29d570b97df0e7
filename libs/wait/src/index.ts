/** Trying again: back-offs, loops that bring something up to date, loops that never end. */
export { BackOff, backOffMs, KeyedBackOff, type BackOffBounds } from './back-off';
export { keepRunning, type KeepRunningOptions } from './keep-running';
export { pause } from './pause';
export { SyncLoop, type SyncLoopOptions } from './sync-loop';
