/** What holds for every autoscaler, as kube-controller-manager's flags `--horizontal-pod-autoscaler-…` do. */
export interface AutoscalerSettings {
  /** Between two looks at what pods use. */
  readonly syncPeriodMs: number;
  /** How far from what is aimed at, as a part of it, figures may be without anything being done. */
  readonly tolerance: number;
  /** For how long the highest recommendation holds before there are fewer pods, unless an autoscaler says otherwise. */
  readonly downscaleStabilizationMs: number;
  /** How long after its start a pod's use of processors may be that of its start. */
  readonly cpuInitializationMs: number;
  /** A pod that turned unready within this time after its start has never been ready. */
  readonly initialReadinessDelayMs: number;
}

/** Kubernetes' own. */
export const AUTOSCALER_DEFAULTS: AutoscalerSettings = {
  syncPeriodMs: 15_000,
  tolerance: 0.1,
  downscaleStabilizationMs: 300_000,
  cpuInitializationMs: 300_000,
  initialReadinessDelayMs: 30_000,
};
